// The types that the compiler infers from a dtype. Only tsc reads this file.
import {
  DataPacker,
  type DType,
  type HalfArray,
  type InputOf,
  type RecordOf,
  RecordPacker,
  type Tensor,
} from '@kohakuvault/packer';
import { expectTypeOf } from 'vitest';

const bytes = new Uint8Array();

expectTypeOf(new DataPacker('i64').unpack(bytes)).toEqualTypeOf<bigint>();
expectTypeOf(new DataPacker('i64', { int64: 'number' }).unpack(bytes)).toEqualTypeOf<number>();
expectTypeOf(new DataPacker('u64').unpackMany(bytes, { count: 1 })).toEqualTypeOf<BigUint64Array>();
expectTypeOf(new DataPacker('u64', { int64: 'number' }).unpackMany(bytes, { count: 1 })).toEqualTypeOf<Float64Array>();
expectTypeOf(new DataPacker('f32').unpack(bytes)).toEqualTypeOf<number>();
expectTypeOf(new DataPacker('f32').unpackMany(bytes, { count: 1 })).toEqualTypeOf<Float32Array>();
expectTypeOf(new DataPacker('bool').unpack(bytes)).toEqualTypeOf<boolean>();
expectTypeOf(new DataPacker('bool').unpackMany(bytes, { count: 1 })).toEqualTypeOf<boolean[]>();
expectTypeOf(new DataPacker('f16').unpackMany(bytes, { count: 1 })).toEqualTypeOf<HalfArray>();
expectTypeOf(new DataPacker('vec:bool:2').unpack(bytes)).toEqualTypeOf<Uint8Array>();
expectTypeOf(new DataPacker('vec:f16').unpack(bytes)).toEqualTypeOf<Tensor<HalfArray>>();
expectTypeOf(new DataPacker('str').unpack(bytes)).toEqualTypeOf<string>();
expectTypeOf(new DataPacker('str:8').unpack(bytes)).toEqualTypeOf<string>();
expectTypeOf(new DataPacker('str:8:latin1').unpackMany(bytes, { count: 1 })).toEqualTypeOf<string[]>();
expectTypeOf(new DataPacker('bytes:4').unpack(bytes)).toEqualTypeOf<Buffer>();
expectTypeOf(new DataPacker('vec:f32:384').unpack(bytes)).toEqualTypeOf<Float32Array>();
expectTypeOf(new DataPacker('vec:f32:384').unpackMany(bytes, { count: 1 })).toEqualTypeOf<Float32Array[]>();
expectTypeOf(new DataPacker('vec:f32:384').unpackTensor(bytes, 1)).toEqualTypeOf<Tensor<Float32Array>>();
expectTypeOf(new DataPacker('vec:u8:3:224:224').unpack(bytes)).toEqualTypeOf<Tensor<Uint8Array>>();
expectTypeOf(new DataPacker('vec:i64').unpack(bytes)).toEqualTypeOf<Tensor<BigInt64Array>>();
expectTypeOf(new DataPacker('msgpack').unpack(bytes)).toEqualTypeOf<unknown>();
expectTypeOf(DataPacker.withJsonSchema<{ id: number }>({}).unpack(bytes)).toEqualTypeOf<{ id: number }>();

// @ts-expect-error: unknown dtype
new DataPacker('i63');
// @ts-expect-error: unknown element type
new DataPacker('vec:f23:3');
// @ts-expect-error: only vectors of one shape can be a tensor
new DataPacker('i64').unpackTensor(bytes, 1).data;

// The values that each dtype accepts.
const f64 = new DataPacker('f64');
f64.pack(1);
f64.pack(2n);
f64.packMany(Float32Array.of(1));
f64.packMany(new Set([1, 2n]));
f64.packMany({ data: Float32Array.of(1, 2), dims: [2, 1] });
// @ts-expect-error: a number is expected
f64.pack('x');
// @ts-expect-error: numbers are expected
f64.packMany(['x']);
// @ts-expect-error: numbers are expected, not arrays
f64.packManyWithOffsets([[1]]);
// @ts-expect-error: a number is expected, not null
f64.packInto(null, bytes);
new DataPacker('i64').pack(1n);
new DataPacker('str:8:latin1').pack('x');
new DataPacker('str').packMany(['x', 'y']);
// @ts-expect-error: one string is not a list of strings
new DataPacker('str').packMany('xy');
// @ts-expect-error: a string is expected
new DataPacker('str').pack(1);
new DataPacker('bytes:4').pack(new ArrayBuffer(4));
new DataPacker('bytes').packMany([bytes, new DataView(new ArrayBuffer(4))]);
// @ts-expect-error: bytes are expected
new DataPacker('bytes').pack('x');
// @ts-expect-error: a list of bytes is expected
new DataPacker('bytes').packMany(bytes);
const vectors = new DataPacker('vec:f32:2');
vectors.pack([1, 2]);
vectors.pack(Float64Array.of(1, 2));
vectors.pack({ data: [1, 2], shape: [2], stride: [1], offset: 0 });
vectors.pack({ data: Float32Array.of(1, 2), shape: [2], dtype: 'f32' });
vectors.packMany([[1, 2], Float32Array.of(3, 4)]);
vectors.packMany({ data: Float32Array.of(1, 2), shape: [1, 2] });
new DataPacker('vec:f32').pack([[[1]], [[2n]]]);
new DataPacker('vec:f32').pack(3);
// @ts-expect-error: a vector of one shape is never a single number
vectors.pack(3);
// @ts-expect-error: numbers are expected
vectors.pack(['1', '2']);
// @ts-expect-error: numbers are not vectors
vectors.packMany([1, 2]);
new DataPacker('msgpack').pack({ a: [1, 'x', null] });
const documents = DataPacker.withJsonSchema<{ id: number }>({});
documents.pack({ id: 1 });
documents.packMany([{ id: 1 }]);
// @ts-expect-error: the schema's type is expected
documents.pack({ id: 'x' });

// A dtype that is known only at run time accepts everything.
const some = new DataPacker('f64' as DType);
some.pack('x');
some.packMany([1, 'x', null]);
expectTypeOf<InputOf<DType>>().toEqualTypeOf<unknown>();
const wider: DataPacker<DType> = f64;
wider.pack('x');
const either = new DataPacker('f64' as 'f64' | 'str');
either.pack('x');
either.pack(1);
// @ts-expect-error: neither dtype accepts it
either.pack({});

// Records.
const records = new RecordPacker({ id: 'u32', at: 'i64', name: 'str:utf8', place: 'vec:f32:3', more: 'msgpack' });
expectTypeOf(records.unpack(bytes)).toEqualTypeOf<{
  id: number;
  at: bigint;
  name: string;
  place: Float32Array;
  more: unknown;
}>();
expectTypeOf(new RecordPacker({ at: 'i64' }, { int64: 'number' }).unpackMany(bytes)).toEqualTypeOf<{ at: number }[]>();
expectTypeOf<RecordOf<{ readonly id: 'u8' }>>().toEqualTypeOf<{ id: number }>();
records.pack({ id: 1, at: 2, name: '', place: [1, 2, 3], more: null });
// @ts-expect-error: a field is missing
records.pack({ id: 1 });
// @ts-expect-error: a value of another type
new RecordPacker({ id: 'u8' }).pack({ id: 'x' });
// @ts-expect-error: an unknown field
new RecordPacker({ id: 'u8' }).pack({ id: 1, no: 1 });
// @ts-expect-error: one record is not a list of them
new RecordPacker({ id: 'u8' }).packMany({ id: 1 });
// @ts-expect-error: unknown dtype
new RecordPacker({ id: 'u7' });
