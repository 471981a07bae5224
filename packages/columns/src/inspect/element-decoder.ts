import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { DataPacker, DType } from '@kohakuvault/packer';

/** Dtypes of which every bit pattern is a value, so that nothing needs decoding. */
const ANY_BITS = /^(?:[iu](?:8|16|32|64)|f(?:16|32|64)|bool|bytes(?::\d+)?)$/;

/** Tells what is wrong with the bytes of elements of a dtype. */
export class ElementDecoder {
  readonly #packer: DataPacker<DType> | undefined;
  /** Why elements of this dtype cannot be decoded. Undefined if they can. */
  readonly unknown: string | undefined;

  constructor(dtype: string, { DataPacker }: Pick<typeof import('@kohakuvault/packer'), 'DataPacker'>) {
    if (ANY_BITS.test(dtype)) return;
    try {
      this.#packer = new DataPacker(dtype as DType);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      this.unknown = error.message;
    }
  }

  /** Returns what is wrong with one element. Undefined if nothing is. */
  problem(bytes: Buffer): string | undefined {
    try {
      this.#packer?.unpack(bytes);
      return undefined;
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      return error.message;
    }
  }
}
