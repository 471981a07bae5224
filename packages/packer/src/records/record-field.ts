import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Codec } from '../dtypes/codec.ts';
import { codecOf } from '../dtypes/codec-of.ts';
import { parseDType } from '../dtypes/dtype.ts';
import type { DType, Int64 } from '../dtypes/dtype-types.ts';
import { BareVectorCodec } from '../dtypes/vector-codec.ts';

/** One field of a record. */
export interface RecordField {
  readonly name: string;
  /** The dtype in its canonical spelling. */
  readonly dtype: DType;
  readonly codec: Codec;
}

/** More bytes of fixed fields are refused as a mistake, as for vectors. */
const LARGEST_HEAD = 2 ** 31;
const INDEX = /^(0|[1-9]\d*)$/;

/** Reads the fields of a record and checks their names and dtypes. */
export function recordFields(fields: unknown, int64: Int64): RecordField[] {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new InvalidArgument(
      `RecordPacker: the fields are ${describe(fields)}; expected an object such as { id: 'u32', name: 'str:utf8' }`,
    );
  }
  const read = Object.entries(fields).map(([name, dtype]) => recordField(name, dtype, int64));
  if (read.length === 0) throw new InvalidArgument("RecordPacker: there are no fields; expected some: { id: 'u32' }");
  const size = read.reduce((total, { codec }) => total + codec.size, 0);
  if (size > LARGEST_HEAD) {
    throw new InvalidArgument(`RecordPacker: one record takes ${size} bytes; at most ${LARGEST_HEAD} are possible`);
  }
  return read;
}

function recordField(name: string, dtype: unknown, int64: Int64): RecordField {
  if (INDEX.test(name)) {
    throw new InvalidArgument(
      `RecordPacker: a field has the name ${describe(name)}; JavaScript moves such names to the front, so the order ` +
        `would not be yours; expected a name such as "f${name}"`,
    );
  }
  if (name === '__proto__') {
    throw new InvalidArgument('RecordPacker: a field has the name "__proto__", which objects do not keep; use another');
  }
  try {
    const info = parseDType(dtype as string);
    const { element, shape } = info;
    const codec = element && shape ? new BareVectorCodec(element, shape) : codecOf(info, int64);
    return { name, dtype: info.dtype, codec };
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new InvalidArgument(`RecordPacker: the field ${describe(name)}: ${error.message}`, { cause: error });
  }
}
