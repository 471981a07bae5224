// What the compiler infers from a dtype. Only tsc reads this.
import { DataPacker, type Tensor } from '@kohakuvault/packer';
import { expectTypeOf } from 'vitest';

const bytes = new Uint8Array();

expectTypeOf(new DataPacker('i64').unpack(bytes)).toEqualTypeOf<bigint>();
expectTypeOf(new DataPacker('i64', { int64: 'number' }).unpack(bytes)).toEqualTypeOf<number>();
expectTypeOf(new DataPacker('u64').unpackMany(bytes, { count: 1 })).toEqualTypeOf<BigUint64Array>();
expectTypeOf(new DataPacker('u64', { int64: 'number' }).unpackMany(bytes, { count: 1 })).toEqualTypeOf<Float64Array>();
expectTypeOf(new DataPacker('f32').unpack(bytes)).toEqualTypeOf<number>();
expectTypeOf(new DataPacker('f32').unpackMany(bytes, { count: 1 })).toEqualTypeOf<Float32Array>();
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

// @ts-expect-error: no such dtype
new DataPacker('i63');
// @ts-expect-error: no such element type
new DataPacker('vec:f23:3');
// @ts-expect-error: a tensor has no shape here
new DataPacker('i64').unpackTensor(bytes, 1).data;
