/** The signature of COPY's binary format, the flags and the length of what may follow. */
export const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** Stands in place of a number of cells, after the last row. */
export const END = -1;
/** The length of a cell that is NULL. */
export const NULL = -1;

/** A cell in the binary form of its type, or NULL. */
export type Cell = Uint8Array | null;
