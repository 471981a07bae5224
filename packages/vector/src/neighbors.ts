import { NeighborLayout } from '@kohakuvault/core-native/internal';

/** A result of the core: a vector, its value and its distance. */
export interface Neighbor {
  readonly id: bigint;
  readonly valueId: bigint;
  readonly distance: number;
}

/** Reads the results of the core: for each query a count, then the neighbors. */
export function readNeighbors(bytes: Buffer): Neighbor[][] {
  const all: Neighbor[][] = [];
  let at = 0;
  while (at < bytes.length) {
    const count = Number(bytes.readBigUInt64LE(at));
    at += NeighborLayout.headBytes;
    const found: Neighbor[] = [];
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
