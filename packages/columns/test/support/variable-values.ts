// A few short elements of variable size, in chunks so small that they fill several.
export const TINY = { minChunkBytes: 48, maxChunkBytes: 240 };
export const filled = (length: number, seed: number): Buffer => Buffer.alloc(length, seed);
export const VALUES = Array.from({ length: 40 }, (_, index) => filled((index * 7) % 30, index + 1));
