import { NeighborLayout } from '@kohakuvault/core-native/internal';

/** A vector that was found: its id, that of its value, and how far it is. */
export interface Neighbour {
  readonly id: bigint;
  readonly valueId: bigint;
  readonly distance: number;
}

/** What the core found: for each query a count, and so many neighbours. */
export function readNeighbours(bytes: Buffer): Neighbour[][] {
  const all: Neighbour[][] = [];
  let at = 0;
  while (at < bytes.length) {
    const count = Number(bytes.readBigUInt64LE(at));
    at += NeighborLayout.headBytes;
    const found: Neighbour[] = [];
    for (let index = 0; index < count; index++, at += NeighborLayout.bytes) {
      found.push({
        id: bytes.readBigInt64LE(at + NeighborLayout.id),
        valueId: bytes.readBigInt64LE(at + NeighborLayout.valueId),
        distance: bytes.readDoubleLE(at + NeighborLayout.distance),
      });
    }
    all.push(found);
  }
  return all;
}
