// What the compiler infers from a column's dtype. Only tsc reads this.
import { type Column, ColumnVault, type ColumnView, type DType, type Int64, type Tensor } from '@kohakuvault/columns';
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
expectTypeOf(vault.ensure('a', 'bool').at(0)).toEqualTypeOf<boolean | undefined>();
expectTypeOf(vault.ensure('a', 'bool').slice()).toEqualTypeOf<boolean[]>();
expectTypeOf(vault.ensure('a', 'bool').sum()).toEqualTypeOf<number>();
expectTypeOf(vault.ensure('a', 'bool').summary().max).toEqualTypeOf<boolean | undefined>();
expectTypeOf(vault.ensure('a', 'f16').at(0)).toEqualTypeOf<number | undefined>();
expectTypeOf(vault.ensure('a', 'i64').summary().sum).toEqualTypeOf<bigint>();
expectTypeOf(vault.cache((same) => same.listColumns().length)).toEqualTypeOf<number>();
expectTypeOf(vault.createColumn('a', 'i8')).toEqualTypeOf<Column<'i8', 'bigint', unknown>>();

// What a column accepts.
const numbers = vault.column('a', 'f64');
numbers.append(1);
numbers.append(1n);
numbers.push(1, 2);
numbers.extend(new Set([1, 2]));
numbers.extend(Float32Array.of(1));
numbers.extend({ data: Float64Array.of(1, 2), shape: [2], dtype: 'f64' });
numbers.setSlice(0, [1]);
numbers.insert(0, 1);
expectTypeOf(numbers.indexOf(1)).toEqualTypeOf<number>();
// @ts-expect-error: not a number
numbers.append('x');
// @ts-expect-error: one of them is not a number
numbers.push(1, 'x');
// @ts-expect-error: not numbers
numbers.extend(['x']);
// @ts-expect-error: not a number
numbers.set(0, undefined);
// @ts-expect-error: not numbers
numbers.setSlice(0, ['x']);
// @ts-expect-error: not a number
numbers.insert(0, null);
// @ts-expect-error: no element is a string
numbers.indexOf('x');
// @ts-expect-error: no element is a string
numbers.includes('x');

const truths = vault.column('a', 'bool');
truths.append(true);
truths.extend([true, false, 1, 0]);
truths.extend(Uint8Array.of(1));
// @ts-expect-error: not a truth value
truths.append('x');
vault.column('a', 'vec:bool:2').append([true, false]);
// @ts-expect-error: truth values are not numbers
vault.column('a', 'vec:u8:2').append([true, false]);

const texts = vault.column('a', 'str:utf8');
texts.extend(['a', 'b']);
// @ts-expect-error: the letters of a text are not meant
texts.extend('ab');
// @ts-expect-error: not a text
texts.append(Buffer.alloc(1));

const vectors = vault.column('a', 'vec:f32:2');
vectors.append([1, 2]);
vectors.append(Float32Array.of(1, 2));
vectors.extend({ data: new Float32Array(4), shape: [2, 2], dtype: 'f32' });
// @ts-expect-error: not a vector
vectors.append('x');

const documents = vault.column<'cbor', 'bigint', { id: number }>('a', 'cbor');
documents.append({ id: 1 });
// @ts-expect-error: not such a document
documents.append({ id: 'x' });

// The type of the documents is enough.
interface Document {
  id: number;
}
for (const typed of [
  vault.createColumn<Document>('a', 'msgpack'),
  vault.ensure<Document>('a', 'cbor', { schema: {} }),
  vault.column<Document>('a', 'msgpack:64'),
]) {
  typed.append({ id: 1 });
  // @ts-expect-error: not such a document
  typed.append({ id: 'x' });
  expectTypeOf(typed.at(0)).toEqualTypeOf<Document | undefined>();
  expectTypeOf(typed.slice()).toEqualTypeOf<Document[]>();
  expectTypeOf([...typed]).toEqualTypeOf<Document[]>();
}
expectTypeOf(vault.ensure('a', 'msgpack')).toEqualTypeOf<Column<'msgpack', 'bigint', unknown>>();
expectTypeOf(vault.ensure('a', 'cbor').at(0)).toEqualTypeOf<unknown>();
expectTypeOf(vault.ensure<'i64'>('a', 'i64').at(0)).toEqualTypeOf<bigint | undefined>();
// @ts-expect-error: numbers are not documents
vault.ensure<Document>('a', 'f64');

// A column whose dtype only the file knows accepts everything.
expectTypeOf(vault.column('a')).toEqualTypeOf<Column<DType, 'bigint', unknown>>();
vault.column('a').append('x');
for (const { name, dtype } of vault.listColumns()) {
  expectTypeOf(vault.column(name, dtype)).toEqualTypeOf<Column<DType, 'bigint', unknown>>();
}

// Every column is a view, which only reads.
const views: ColumnView[] = [numbers, texts, vectors, documents, vault.ensure('a', 'i64', { int64: 'number' })];
for (const view of views) {
  expectTypeOf(view.at(0)).toEqualTypeOf<unknown>();
  expectTypeOf(view.dtype).toEqualTypeOf<DType>();
  // @ts-expect-error: a view does not write
  view.append(1);
}
const view: ColumnView<'f64', Int64> = numbers;
expectTypeOf(view.slice()).toEqualTypeOf<Float64Array>();
// @ts-expect-error: a column of texts is not one of numbers
const wrong: ColumnView<'f64'> = texts;
expectTypeOf(wrong.length).toEqualTypeOf<number>();

// @ts-expect-error: no such dtype
vault.createColumn('a', 'i63');
// @ts-expect-error: no such option
vault.createColumn('a', 'f64', { chunkBytes: 1 });
