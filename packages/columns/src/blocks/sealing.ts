import { CorruptData, nativeCore } from '@kohakuvault/core-native/internal';
import { parseDType } from '@kohakuvault/packer';
import { bareBytes } from '../elements/bare-vectors.ts';
import type { EncodedBlock } from '../elements/encoded-block.ts';
import { storedDType } from '../elements/record-dtype.ts';
import type { ChunkDamage } from '../tables/chunk-damage.ts';
import type { BlockBytes } from './block-directory.ts';
import type { Block } from './block-tables.ts';

/** The code of Zstandard. The others are those of the types of numbers. */
const ZSTD = 0;

/** A sealed block with several elements never has more bytes: they are filled far less. Damage may say anything. */
const MOST_TOGETHER = 8 * 1024 * 1024;
const MOST_ALONE = 1024 * 1024 * 1024;

/** Returns whether a block of a compressed column is sealed: it has no room for more elements. */
export function isSealed({ rows }: { readonly rows: number }): boolean {
  return rows === 0;
}

/** How the blocks of a compressed column are sealed. */
export class Sealing {
  readonly #code: number;
  /** The bytes of one element; 0 if they vary. */
  readonly elemSize: number;

  private constructor(code: number, elemSize: number) {
    this.#code = code;
    this.elemSize = elemSize;
  }

  /** Returns that of a column by the dtype that the file has; undefined for a column that is not compressed. */
  static of(stored: string): Sealing | undefined {
    const { compression, dtype } = storedDType(stored);
    if (compression === undefined) return undefined;
    const info = parseDType(dtype);
    return new Sealing(compression === 'zstd' ? ZSTD : (info.element?.code ?? ZSTD), bareBytes(info));
  }

  seal({ data, offsets }: EncodedBlock): Buffer {
    return nativeCore().binding.sealBlock(this.#code, data, this.elemSize > 0 ? undefined : offsets);
  }

  open(sealed: Buffer, { no, count, used }: Block, damage: ChunkDamage): BlockBytes {
    if (used > (count > 1 ? MOST_TOGETHER : MOST_ALONE)) {
      throw damage.wrong(no, `it says that its elements have ${used} bytes`);
    }
    const payload = Buffer.allocUnsafeSlow(used);
    const offsets = this.elemSize > 0 ? evenBounds(count, this.elemSize) : new Float64Array(count + 1);
    if (offsets[count] !== used && this.elemSize > 0) {
      throw damage.wrong(no, `it says that ${count} elements have ${used} bytes`);
    }
    try {
      nativeCore().binding.openBlock(this.#code, sealed, count, payload, this.elemSize > 0 ? undefined : offsets);
    } catch (error) {
      if (error instanceof CorruptData) throw damage.wrong(no, error.message, error);
      throw error;
    }
    return { payload, offsets };
  }
}

/** Returns the bounds of elements of one size. */
export function evenBounds(count: number, elemSize: number): Float64Array {
  const bounds = new Float64Array(count + 1);
  for (let nth = 1; nth <= count; nth++) bounds[nth] = nth * elemSize;
  return bounds;
}
