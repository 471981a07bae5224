import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { UntrustedFile } from '@kohakuvault/core-native/internal/database';
import {
  type BlockOf,
  type BlockTensorOf,
  DataPacker,
  type DType,
  type DTypeInfo,
  type ElementInfo,
  type ElementOf,
  type Elements,
  type InputOf,
  type Int64,
  parseDType,
} from '@kohakuvault/packer';
import type { ArrowElements } from '../arrow/arrow-types.ts';
import { withoutArrow } from '../arrow/from-arrow.ts';
import { bareBytes, bared, framed } from './bare-vectors.ts';
import type { EncodedBlock } from './encoded-block.ts';
import { plainNumbers } from './plain-numbers.ts';
import { decodeRecords, encodeRecords, type RecordCodec } from './record-elements.ts';

/** Converts the values of one column to bytes and back, and names the column in errors. */
export class ElementCodec<D extends DType, I extends Int64, T = unknown> {
  /** The dtype, with the size that an element has in the file. */
  readonly info: DTypeInfo;
  /** The dtype as the packer sees it, if vectors are stored without their type byte. */
  readonly #framed: DTypeInfo | undefined;
  /** The type of the elements, if they are numbers that are read exactly as they are stored. */
  readonly plainNumbers: ElementInfo | undefined;
  readonly #column: string;
  readonly #packer: DataPacker<D, I, T>;
  /** The limits of a file of strangers; undefined for a file that is trusted. */
  untrusted: UntrustedFile | undefined;
  /** Stores objects as records, whose keys are in a table of the file; undefined for other columns. */
  readonly #records: RecordCodec | undefined;
  readonly #hasSchema: boolean;

  constructor(
    column: string,
    dtype: D,
    options: {
      int64?: I | undefined;
      schema?: object | undefined;
      records?: RecordCodec | undefined;
      /** Whether vectors of one shape are stored without their type byte, as Python 1.x does. */
      isBare?: boolean | undefined;
    },
  ) {
    this.#column = column;
    this.#records = options.records;
    this.#hasSchema = options.schema !== undefined;
    const info = parseDType(dtype);
    const elemSize = options.isBare ? bareBytes(info) : info.elemSize;
    this.#framed = elemSize < info.elemSize ? info : undefined;
    this.info = { ...info, elemSize };
    const plain = plainNumbers(info);
    const int64 = options.int64 ?? ('bigint' as I);
    const isWide = plain?.size === 8 && plain.type !== 'f64';
    this.plainNumbers = isWide && int64 === 'number' ? undefined : plain;
    this.#packer = options.schema
      ? (DataPacker.withJsonSchema(options.schema, dtype as 'msgpack') as unknown as DataPacker<D, I, T>)
      : new DataPacker<D, I, T>(this.info.dtype as D, { int64 });
  }

  /** Encodes one value. */
  encode(value: InputOf<D, T>): Buffer {
    try {
      if (this.#records === undefined) {
        const packed = this.#packer.pack(value);
        return this.#framed ? packed.subarray(1) : packed;
      }
      // Only to check the schema.
      if (this.#hasSchema) this.#packer.pack(value);
      // The library may use the memory again while the element is pending.
      return Buffer.from(this.#records.encode(value, undefined));
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Encodes all values. If one cannot be encoded, throws with its position and encodes none. */
  encodeAll(given: Elements<D, T> | ArrowElements): EncodedBlock {
    try {
      const values = withoutArrow(given, this.info) as Elements<D, T>;
      if (this.#records !== undefined) {
        const isIterable = typeof values === 'object' && values !== null && Symbol.iterator in values;
        const list = isIterable ? [...(values as Iterable<InputOf<D, T>>)] : undefined;
        // What cannot be iterated is refused like every value that the schema refuses.
        if (this.#hasSchema || list === undefined) this.#packer.packManyWithOffsets(list ?? values);
        return encodeRecords(this.#records, list ?? []);
      }
      if (this.info.isVarsize) {
        const { data, offsets } = this.#packer.packManyWithOffsets(values);
        return { count: offsets.length - 1, data, offsets };
      }
      const packed = this.#packer.packMany(values);
      const data = this.#framed ? bared(this.#framed, packed) : packed;
      return { count: data.length / this.info.elemSize, data };
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Decodes one value. */
  decode(bytes: Buffer, start: number, end: number): ElementOf<D, I, T> {
    if (this.untrusted !== undefined) this.#checkPacked(end - start);
    try {
      if (this.#records !== undefined) {
        return this.#records.decodeFrom(bytes, start, end, undefined) as ElementOf<D, I, T>;
      }
      if (this.#framed) return this.#packer.unpack(framed(this.#framed, bytes.subarray(start, end)));
      return this.#packer.unpack(bytes, start, end);
    } catch (error) {
      throw this.#named(error);
    }
  }

  decodeAll(block: EncodedBlock): BlockOf<D, I, T> {
    if (this.untrusted !== undefined) this.#checkPacked(block.data.length);
    try {
      if (this.#records !== undefined) return decodeRecords(this.#records, block) as BlockOf<D, I, T>;
      if (this.#framed) return this.#packer.unpackMany(framed(this.#framed, block.data), { count: block.count });
      return this.#packer.unpackMany(block.data, block.offsets ? { offsets: block.offsets } : { count: block.count });
    } catch (error) {
      throw this.#named(error);
    }
  }

  decodeTensor({ data, count }: EncodedBlock): BlockTensorOf<D> {
    try {
      return this.#packer.unpackTensor(this.#framed ? framed(this.#framed, data) : data, count);
    } catch (error) {
      throw this.#named(error);
    }
  }

  #checkPacked(bytes: number): void {
    if (this.info.kind !== 'msgpack' && this.info.kind !== 'cbor') return;
    this.untrusted?.checkPacked(bytes, () => `a read of column ${JSON.stringify(this.#column)}`);
  }

  #named(error: unknown): unknown {
    const Class = [InvalidArgument, CorruptData].find((known) => error instanceof known);
    return Class
      ? new Class(`column ${JSON.stringify(this.#column)}: ${(error as Error).message}`, { cause: error })
      : error;
  }
}
