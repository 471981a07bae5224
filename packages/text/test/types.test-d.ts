// What TypeScript knows of the vaults. This file is compiled, not run.

import type { ValueEncoding } from '@kohakuvault/packer/value';
import { type DocumentVault, hybridSearch, type TextResult, TextVault } from '@kohakuvault/text';
import type { VectorKVault } from '@kohakuvault/vector';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_ extends true>(): void => {};

declare const notes: TextVault<number>;
declare const pages: TextVault<{ page: number }, 'title' | 'body'>;
declare const vectors: VectorKVault<{ page: number }>;
declare const documents: DocumentVault<string>;

const [found] = pages.search('words', { columns: ['title'], highlight: true });
is<Equal<typeof found, TextResult<{ page: number }, 'title' | 'body'> | undefined>>();
is<Equal<NonNullable<typeof found>['texts'], Record<'title' | 'body', string>>>();
for (const [id, texts, value] of notes) {
  is<Equal<typeof id, bigint>>();
  is<Equal<typeof texts, Record<'content', string>>>();
  is<Equal<typeof value, number>>();
}
notes.insert('a text', 1);
pages.insert({ title: 'a', body: 'b' }, { page: 1 });
pages.update(1, { texts: { title: 'c' } });
// @ts-expect-error: another type of value
notes.insert('a text', 'one');
// @ts-expect-error: a column is missing
pages.insert({ title: 'a' });
// @ts-expect-error: there is no such column
pages.search('a', { columns: ['other'] });
// @ts-expect-error: there is no such option
notes.search('a', { limit: 1 });

const encoded = new TextVault(':memory:', { valueEncoding: 'utf8' });
is<Equal<NonNullable<ReturnType<typeof encoded.get>>, string>>();

const [both] = hybridSearch(
  { text: pages, vector: vectors },
  { query: 'a', embedding: [1], where: ({ page }) => page > 1 },
);
is<Equal<NonNullable<typeof both>['value'], { page: number }>>();

declare const fielded: VectorKVault<{ page: number }, ValueEncoding, { year: 'i64'; open: 'bool' }>;
hybridSearch(
  { text: pages, vector: fielded },
  { query: 'a', embedding: [1], where: { year: { $gte: 2020 }, open: true } },
);
hybridSearch({ text: pages, vector: fielded }, { query: 'a', embedding: [1], where: ({ page }) => page > 1 });
// @ts-expect-error: there is no such field
hybridSearch({ text: pages, vector: fielded }, { query: 'a', embedding: [1], where: { month: 1 } });
// @ts-expect-error: the field has another type
hybridSearch({ text: pages, vector: fielded }, { query: 'a', embedding: [1], where: { year: '2020' } });
// @ts-expect-error: a boolean has no order
hybridSearch({ text: pages, vector: fielded }, { query: 'a', embedding: [1], where: { open: { $gt: true } } });

void documents.search('a', { where: { year: { $gte: 2020 }, $or: [{ author: 'a' }, { open: true }] } });
void documents.add({ id: 'a', text: 'b', value: 'c', fields: { year: 1n } });
// @ts-expect-error: a document has a text
void documents.add({ id: 'a' });
