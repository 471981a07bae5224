// What the compiler infers of a vault's vectors and values. Only tsc reads this.
import { type SearchResult, type StoredVector, VectorKVault } from '@kohakuvault/vector';
import { expectTypeOf } from 'vitest';

interface Film {
  title: string;
}

const films = new VectorKVault<Film>('films.db', { dimensions: 4 });
const anything = new VectorKVault('anything.db', { dimensions: 4 });

expectTypeOf(films.insert([1, 2, 3, 4], { title: 'M' })).toEqualTypeOf<bigint>();
expectTypeOf(films.insertMany([[Float32Array.of(1, 2, 3, 4), { title: 'M' }]])).toEqualTypeOf<bigint[]>();
expectTypeOf(films.insertMany(new Map([[[1, 2, 3, 4], { title: 'M' }]]))).toEqualTypeOf<bigint[]>();
films.insert([true, false, 1, 0], { title: 'bits' });
films.insert({ data: Float32Array.of(1, 2, 3, 4), dims: [1, 4] }, { title: 'of a model' });
films.update(1, { value: { title: 'M' } });
films.update(1n, { vector: Int8Array.of(1, 2, 3, 4) });
// @ts-expect-error: not such a value
films.insert([1, 2, 3, 4], { name: 'M' });
// @ts-expect-error: not such a value
films.insertMany([[[1, 2, 3, 4], 'M']]);
// @ts-expect-error: not such a value
films.update(1, { value: 'M' });
// @ts-expect-error: not a vector
films.insert('1, 2, 3, 4', { title: 'M' });
// @ts-expect-error: not a vector
films.search(5);
// @ts-expect-error: not an id
films.delete('1');
// @ts-expect-error: no dimensions
new VectorKVault('films.db', { metric: 'l2' });
// @ts-expect-error: no such metric
new VectorKVault('films.db', { dimensions: 4, metric: 'l3' });

expectTypeOf(films.search([1, 2, 3, 4], 2)).toEqualTypeOf<SearchResult<Film>[]>();
expectTypeOf(films.searchMany([[1, 2, 3, 4]])).toEqualTypeOf<SearchResult<Film>[][]>();
expectTypeOf(films.searchAsync([1, 2, 3, 4])).toEqualTypeOf<Promise<SearchResult<Film>[]>>();
films.search([1, 2, 3, 4], { filter: (id: bigint, film: Film) => film.title.length > Number(id) });
expectTypeOf(films.get([1, 2, 3, 4])).toEqualTypeOf<Film | undefined>();
expectTypeOf(films.getById(1)).toEqualTypeOf<{ vector: StoredVector; value: Film } | undefined>();
expectTypeOf([...films]).toEqualTypeOf<[id: bigint, vector: StoredVector, value: Film][]>();
expectTypeOf([...films.keys({ gt: 1 })]).toEqualTypeOf<bigint[]>();
expectTypeOf([...films.values()]).toEqualTypeOf<Film[]>();
expectTypeOf(films.renameTable('other')).toEqualTypeOf<VectorKVault<Film>>();
expectTypeOf(anything.get([1, 2, 3, 4])).toBeAny();
// @ts-expect-error: a transaction waits for nobody
films.transaction(async () => films.size);

// Values follow valueEncoding.
const texts = new VectorKVault('a.db', { dimensions: 2, valueEncoding: 'utf8' });
expectTypeOf(texts.get([1, 0])).toEqualTypeOf<string | undefined>();
expectTypeOf(texts.search([1, 0])[0]?.value).toEqualTypeOf<string | undefined>();
// @ts-expect-error: not a string.
texts.insert([1, 0], 1);

// Fields and ids follow from the options.
const books = new VectorKVault('books.db', { dimensions: 2, fields: { year: 'i64', author: 'str', public: 'bool' } });
books.insert([1, 0], 'a', { year: 5n, author: 'x', public: true });
books.insert([1, 0], 'a', { id: 5, year: null });
books.insertMany([
  [[1, 0], 'a', { year: 5 }],
  [[1, 0], 'b'],
]);
books.update(1, { fields: { author: null } });
expectTypeOf(books.fields(1)).toEqualTypeOf<{ year?: bigint; author?: string; public?: boolean } | undefined>();
books.search([1, 0], { where: { year: { $gte: 2020 }, author: { $in: ['a', 'b'] }, public: true } });
books.search([1, 0], { where: { $or: [{ year: 5 }, { $not: { author: { $exists: false } } }] }, distinctBy: 'author' });
// @ts-expect-error: no such field
books.search([1, 0], { where: { yaer: 5 } });
// @ts-expect-error: no such field, further in
books.search([1, 0], { where: { $and: [{ yaer: 5 }] } });
// @ts-expect-error: not such a value
books.search([1, 0], { where: { year: 'x' } });
// @ts-expect-error: not such a value
books.search([1, 0], { where: { author: { $in: [5] } } });
// @ts-expect-error: true and false have no order
books.search([1, 0], { where: { public: { $gt: false } } });
// @ts-expect-error: no such operator
books.search([1, 0], { where: { year: { $near: 5 } } });
// @ts-expect-error: no such field
books.search([1, 0], { distinctBy: 'yaer' });
// @ts-expect-error: no such field
books.insert([1, 0], 'a', { yaer: 5 });
// @ts-expect-error: not such a value
books.update(1, { fields: { year: 'x' } });
// @ts-expect-error: no such type
new VectorKVault('books.db', { dimensions: 2, fields: { year: 'int' } });

const named = new VectorKVault('named.db', { dimensions: 2, ids: 'str' });
expectTypeOf(named.insert([1, 0], 'a', { id: 'x' })).toEqualTypeOf<string>();
expectTypeOf(named.insertMany([[[1, 0], 'a', { id: 'x' }]])).toEqualTypeOf<string[]>();
expectTypeOf(named.search([1, 0])[0]?.id).toEqualTypeOf<string | undefined>();
expectTypeOf([...named.keys({ gt: 'x' })]).toEqualTypeOf<string[]>();
named.search([1, 0], { filter: ['x'] });
named.search([1, 0], { filter: (id: string) => id !== 'x' });
// @ts-expect-error: no id
named.insert([1, 0], 'a');
// @ts-expect-error: not an id
named.delete(5);

const computed = new VectorKVault('films.db', {
  dimensions: 2,
  fields: { year: 'i64' },
  fieldsOf: (film: { year: number }) => ({ year: film.year }),
});
expectTypeOf(computed.get([1, 0])).toEqualTypeOf<{ year: number } | undefined>();
// @ts-expect-error: not such a value
computed.insert([1, 0], { name: 'M' });
