import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import { CodecError } from '../errors/codec-error.ts';
import { codecErrorOf } from '../errors/proxy-errors.ts';
import { beginsLikeHeader, Encoding, hasHeader, headerOf, Kind } from '../headers/header.ts';
import { encodeValue } from '../values/encode-value.ts';
import { withHeader } from '../values/scalars.ts';
import { ValueCodec, type ValueNames } from '../values/value-codec.ts';
import type { Streams, ValueFormat } from '../values/value-format.ts';

/**
 * The codec of a vault whose values have an encoding of their own. They are stored bare. A header comes before bytes
 * that begin like one, and before what only the default encoding holds; what the Python package has stored has one too.
 * For sibling packages only.
 * @hidden
 */
export class EncodedCodec<Owner> extends ValueCodec<Owner> {
  readonly #names: ValueNames<Owner>;
  readonly #format: ValueFormat;
  readonly #name: string;

  constructor(names: ValueNames<Owner>, name: string, format: ValueFormat) {
    super(names, { autoPack: true, headers: true });
    this.#names = names;
    this.#name = name;
    this.#format = format;
  }

  override get encoding(): string {
    return this.#name;
  }

  override get streams(): Streams {
    return this.#format.streams;
  }

  override encode(value: unknown, owner: Owner): Buffer {
    try {
      const bytes = this.#format.encode(value);
      if (bytes === undefined) return encodeValue(value);
      if (bytes[0] !== 0x89 || !beginsLikeHeader(bytes)) return bytes;
      return withHeader({ id: Encoding.raw, kind: Kind.unsaid, payload: bytes }, true);
    } catch (error) {
      const given = this.#names.given(owner);
      const refused = codecErrorOf(error);
      if (refused) throw new InvalidArgument(`${given}: ${refused.where}: ${refused.message}`, { cause: error });
      if (error instanceof InvalidArgument) throw new InvalidArgument(`${given}: ${error.message}`, { cause: error });
      throw error;
    }
  }

  override isBare(first: number | undefined, length: number): boolean {
    return this.#format.isBytes && super.isBare(first, length);
  }

  override decode(stored: Buffer, owner: Owner): unknown {
    const header = hasHeader(stored) ? headerOf(stored) : undefined;
    if (header && header.id !== Encoding.raw) {
      const value = super.decode(stored, owner);
      this.#explained(owner, () => this.#format.check(value));
      return value;
    }
    const isUntrusted = this.checkPacked !== undefined;
    if (this.#format.makesObjects) this.checkPacked?.(stored.length, () => this.#names.stored(owner));
    return this.#explained(owner, () => this.#format.decode(header?.payload ?? stored, isUntrusted));
  }

  #explained<T>(owner: Owner, decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      const stored = this.#names.stored(owner);
      const name = JSON.stringify(this.#name);
      throw new CorruptData(`${stored} cannot be decoded as ${name}: ${error.message}`, { cause: error });
    }
  }
}

/**
 * Decodes the stored bytes of an encoding, without a vault. With `strict`, what this package would not have written is
 * refused, as in a file of strangers.
 */
export function decodeStored(name: string, format: ValueFormat, stored: Buffer, strict = false): unknown {
  const codec = new EncodedCodec<undefined>({ given: () => '', stored: () => 'a stored value' }, name, format);
  if (strict) codec.checkPacked = () => {};
  return codec.decode(stored, undefined);
}
