/** Packs truth values, a byte each, into bits as Arrow has them: eight in a byte, the first one lowest. */
export function bitsOf(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (let at = 0; at < values.length; at++) {
    if (values[at] !== 0) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
  }
  return bits;
}

/** Returns so many of the bits from `start` on, a byte each. */
export function bytesOfBits(bits: Uint8Array, start: number, count: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    const bit = start + at;
    values[at] = ((bits[Math.floor(bit / 8)] as number) >> (bit & 7)) & 1;
  }
  return values;
}
