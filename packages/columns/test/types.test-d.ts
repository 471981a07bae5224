// What the compiler infers from a column's dtype. Only tsc reads this.
import { type Column, ColumnVault, type Tensor } from '@kohakuvault/columns';
import { expectTypeOf } from 'vitest';

const vault = new ColumnVault(':memory:');

expectTypeOf(vault.createColumn('a', 'f64').at(0)).toEqualTypeOf<number | undefined>();
expectTypeOf(vault.createColumn('a', 'f64').slice()).toEqualTypeOf<Float64Array>();
expectTypeOf(vault.ensure('a', 'i64').pop()).toEqualTypeOf<bigint | undefined>();
expectTypeOf(vault.ensure('a', 'i64').slice()).toEqualTypeOf<BigInt64Array>();
expectTypeOf(vault.ensure('a', 'u64', { int64: 'number' }).remove(0)).toEqualTypeOf<number>();
expectTypeOf(vault.ensure('a', 'u64', { int64: 'number' }).slice()).toEqualTypeOf<Float64Array>();
expectTypeOf(vault.column('a', 'str').slice()).toEqualTypeOf<string[]>();
expectTypeOf(vault.column('a', 'bytes').at(0)).toEqualTypeOf<Buffer | undefined>();
expectTypeOf([...vault.column('a', 'vec:f32:384')]).toEqualTypeOf<Float32Array[]>();
expectTypeOf(vault.column('a', 'vec:f32:384').sliceTensor()).toEqualTypeOf<Tensor<Float32Array>>();
expectTypeOf(vault.column('a', 'vec:u8').slice()).toEqualTypeOf<Tensor<Uint8Array>[]>();
expectTypeOf(vault.column<'cbor', 'bigint', { id: number }>('a', 'cbor').at(0)).toEqualTypeOf<
  { id: number } | undefined
>();
expectTypeOf(vault.cache((same) => same.listColumns().length)).toEqualTypeOf<number>();
expectTypeOf(vault.createColumn('a', 'i8')).toEqualTypeOf<Column<'i8', 'bigint', unknown>>();

// @ts-expect-error: no such dtype
vault.createColumn('a', 'i63');
// @ts-expect-error: no such option
vault.createColumn('a', 'f64', { chunkBytes: 1 });
