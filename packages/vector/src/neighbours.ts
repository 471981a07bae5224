/** A vector that was found: its id, that of its value, and how far it is. */
export interface Neighbour {
  readonly id: bigint;
  readonly valueId: bigint;
  readonly distance: number;
}

const COUNT_BYTES = 8;
/** Id, id of the value, distance. */
const NEIGHBOUR_BYTES = 24;

/** What the core found: for each query a count, and so many neighbours. */
export function readNeighbours(bytes: Buffer): Neighbour[][] {
  const all: Neighbour[][] = [];
  let at = 0;
  while (at < bytes.length) {
    const count = Number(bytes.readBigUInt64LE(at));
    at += COUNT_BYTES;
    const found: Neighbour[] = [];
    for (let index = 0; index < count; index++, at += NEIGHBOUR_BYTES) {
      found.push({
        id: bytes.readBigInt64LE(at),
        valueId: bytes.readBigInt64LE(at + 8),
        distance: bytes.readDoubleLE(at + 16),
      });
    }
    all.push(found);
  }
  return all;
}
