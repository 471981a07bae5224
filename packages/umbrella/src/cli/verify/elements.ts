import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { DataPacker, type DType } from '@kohakuvault/packer';

/** Every pattern of bits is a value of these, so there is nothing to decode. */
const ANY_BITS = /^(?:[iu](?:8|16|32|64)|f(?:16|32|64)|bool|bytes(?::\d+)?)$/;

/** Tells what is wrong with the bytes of elements of a dtype. */
export class ElementCheck {
  readonly #packer: DataPacker<DType> | undefined;
  /** Why elements of this dtype cannot be looked at, where they cannot. */
  readonly unknown: string | undefined;

  constructor(dtype: string) {
    if (ANY_BITS.test(dtype)) return;
    try {
      this.#packer = new DataPacker(dtype as DType);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      this.unknown = error.message;
    }
  }

  /** What is wrong with one element; undefined where nothing is. */
  wrong(bytes: Buffer): string | undefined {
    try {
      this.#packer?.unpack(bytes);
      return undefined;
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      return error.message;
    }
  }
}
