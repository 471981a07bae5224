import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DType, ElementOf, Int64 } from './dtypes/dtype-types.ts';
import type { InputOf } from './dtypes/input-types.ts';
import { listOf } from './dtypes/lists.ts';
import { disguised, lengthOf } from './elements/memory.ts';
import { DecodeError } from './errors/decode-error.ts';
import { EncodeError } from './errors/encode-error.ts';
import { explained, readArguments } from './errors/proxy-errors.ts';
import { checkInt64, checkOffset, type DataPackerOptions, sourceBytes } from './packer-arguments.ts';
import { RecordCodec } from './records/record-codec.ts';
import { type RecordField, recordFields } from './records/record-field.ts';

/** The dtype of each field, in the order of their bytes. */
export type RecordFields = Readonly<Record<string, DType>>;

/** The type of an unpacked record. */
export type RecordOf<F extends RecordFields, I extends Int64 = 'bigint'> = {
  -readonly [Name in keyof F]: ElementOf<F[Name], I>;
};

/** The type of a record that can be packed. */
export type RecordInputOf<F extends RecordFields> = { readonly [Name in keyof F]: InputOf<F[Name]> };

/**
 * Packs objects with the same fields. Records whose fields have a fixed size are what NumPy reads with a structured
 * dtype: their fields one after another, little-endian, without gaps.
 */
export class RecordPacker<const F extends RecordFields, I extends Int64 = 'bigint'> {
  readonly #codec: RecordCodec;
  readonly #fields: readonly RecordField[];

  constructor(fields: F, options: DataPackerOptions<I> = {}) {
    const int64 = readArguments('RecordPacker', () => checkInt64('RecordPacker', options));
    this.#fields = readArguments('RecordPacker', () => recordFields(fields, int64));
    this.#codec = new RecordCodec(this.#fields);
  }

  /** The fields with their dtypes in canonical spelling. */
  get fields(): RecordFields {
    return Object.fromEntries(this.#fields.map(({ name, dtype }) => [name, dtype]));
  }

  /** The bytes of one record; 0 if they vary. */
  get elemSize(): number {
    return this.#codec.isVarsize ? 0 : this.#codec.headSize;
  }

  /** Whether the size of the records varies. */
  get isVarsize(): boolean {
    return this.#codec.isVarsize;
  }

  /** Packs one record, which has all fields and no others. */
  pack(record: RecordInputOf<F>): Buffer {
    try {
      return this.#codec.encode(record);
    } catch (error) {
      throw explained('record', error);
    }
  }

  /** Packs records back to back. If one cannot be packed, the error names its index. */
  packMany(records: Iterable<RecordInputOf<F>> & object): Buffer {
    try {
      const list = listOf(records);
      const length = lengthOf(list);
      const parts: Buffer[] = [];
      try {
        for (let index = 0; index < length; index++) parts.push(this.#codec.encode(list[index]));
      } catch (error) {
        throw EncodeError.within(error, parts.length);
      }
      return Buffer.concat(parts);
    } catch (error) {
      throw explained('record', error);
    }
  }

  /** Unpacks the record that begins at `offset`. */
  unpack(bytes: ArrayBuffer | ArrayBufferView, offset = 0): RecordOf<F, I> {
    const source = sourceBytes('record', 'unpack', bytes);
    checkOffset('unpack', offset, source.length);
    try {
      return this.#codec.decode(source, offset, this.#codec.endOf(source, offset)) as RecordOf<F, I>;
    } catch (error) {
      throw explained('record', disguised(error, source) ?? error);
    }
  }

  /** Unpacks records that were packed back to back: all of them, or the first `count`. */
  unpackMany(bytes: ArrayBuffer | ArrayBufferView, bounds?: { count: number }): RecordOf<F, I>[] {
    const source = sourceBytes('record', 'unpackMany', bytes);
    const count = bounds === undefined ? undefined : readArguments('unpackMany', () => checkCount(bounds));
    const records: unknown[] = [];
    try {
      for (let at = 0; count === undefined ? at < source.length : records.length < count; ) {
        const end = this.#codec.endOf(source, at);
        records.push(this.#codec.decode(source, at, end));
        at = end;
      }
    } catch (error) {
      throw explained('record', disguised(error, source) ?? DecodeError.within(error, records.length));
    }
    return records as RecordOf<F, I>[];
  }
}

function checkCount(bounds: unknown): number {
  const given = typeof bounds === 'object' && bounds !== null ? Object.keys(bounds) : [describe(bounds)];
  if (given.length !== 1 || given[0] !== 'count') {
    throw new InvalidArgument(`unpackMany: the bounds are ${given.join(' and ') || 'empty'}; expected { count }`);
  }
  const { count } = bounds as { count: unknown };
  if (!Number.isSafeInteger(count) || (count as number) < 0) {
    throw new InvalidArgument(`unpackMany: the count is ${describe(count)}; expected a whole number >= 0`);
  }
  return count as number;
}
