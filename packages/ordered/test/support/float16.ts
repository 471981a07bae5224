/** A view of half floats. Node 22 has none; there, another view that no key may be takes its place. */
export const Float16 = globalThis.Float16Array ?? Float32Array;
