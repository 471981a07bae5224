/** A result of the core: a vector, its value and its distance. */
export interface Neighbor {
  readonly id: bigint;
  readonly valueId: bigint;
  readonly distance: number;
}

const COUNT_BYTES = 8;
/** The id, the id of the value, and the distance. */
const NEIGHBOR_BYTES = 24;

/** Reads the results of the core: for each query a count, then the neighbors. */
export function readNeighbors(bytes: Buffer): Neighbor[][] {
  const all: Neighbor[][] = [];
  let at = 0;
  while (at < bytes.length) {
    const count = Number(bytes.readBigUInt64LE(at));
    at += COUNT_BYTES;
    const found: Neighbor[] = [];
    for (let index = 0; index < count; index++, at += NEIGHBOR_BYTES) {
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
