/** How the elements of a column are stored in fewer bytes: numbers by their differences, or bytes by Zstandard. */
export type Compression = 'delta' | 'zstd';

export const COMPRESSIONS: readonly Compression[] = ['delta', 'zstd'];
