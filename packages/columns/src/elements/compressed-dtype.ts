import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { parseDType } from '@kohakuvault/packer';
import type { Compression } from './compression.ts';

/**
 * Returns the dtype that the file gets for a compressed column of a dtype. The Python package does not know it, and
 * refuses the column. (It ignores what follows a scalar dtype, so the compression comes first.)
 */
export function compressedDType(name: string, dtype: string, stored: string, compression: Compression): string {
  if (compression === 'delta') {
    const info = parseDType(dtype);
    if (info.kind !== 'scalar') {
      throw new InvalidArgument(
        `column ${JSON.stringify(name)}: compression 'delta' is for numbers; this is ${info.dtype}; use 'zstd'`,
      );
    }
  }
  return `${compression}:${stored}`;
}
