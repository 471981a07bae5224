import type { Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { partitionOf, quoteIdentifier, wordsIndexOf } from '../schema/names.ts';
import type { WordIndex } from './index/word-index.ts';

/** The statements of one vault of texts. They are distributed by the id of a document. */
export class TextSql {
  readonly table: string;
  readonly get: string;
  readonly getForUpdate: string;
  readonly has: string;
  readonly size: string;
  readonly clear: string;
  readonly deleteMany: string;
  readonly insert: string;
  /** COPY of new documents: ids, values, numbers of words, then texts and words by column. */
  readonly copyIn: string;
  readonly updateTexts: string;
  readonly updateValue: string;
  readonly updateBoth: string;
  readonly page: string;
  readonly pageBackwards: string;
  readonly all: string;
  readonly ids: string;
  readonly idsBackwards: string;
  /** The columns of a document, in the order in which reads return them. */
  readonly document: string;
  readonly #copied: string;

  constructor(catalog: Catalog, name: string, columns: readonly string[], { type }: WordIndex) {
    const table = catalog.qualified(name);
    this.table = table;
    const texts = columns.map(textColumn);
    const words = columns.map((_, number) => wordsColumn(number));
    this.document = ['id::text', 'value', ...texts].map((column) => `d.${column}`).join(', ');
    const from = `FROM ${table} AS d`;
    this.get = `SELECT ${this.document} ${from} WHERE d.id = $1::int8`;
    this.getForUpdate = `${this.get} FOR UPDATE`;
    this.has = `SELECT 1 ${from} WHERE d.id = $1::int8`;
    this.size = `SELECT count(*)::float8 ${from}`;
    this.clear = `DELETE FROM ${table}`;
    this.deleteMany = `DELETE FROM ${table} WHERE id = ANY ($1::int8[])`;
    // Arrays of as many items as there are documents: ids, values, numbers of words, then texts and words by column.
    const arrays = [
      '$1::int8[]',
      '$2::bytea[]',
      '$3::int4[]',
      ...columns.flatMap((_, number) => [`$${4 + 2 * number}::text[]`, `$${5 + 2 * number}::text[]`]),
    ];
    const given = columns.flatMap((_, number) => [`t${number}`, `w${number}`]);
    const taken = columns.flatMap((_, number) => [`t${number}`, `w${number}::${type}`]);
    const listed = columns.flatMap((_, number) => [texts[number], words[number]]);
    this.copyIn = `COPY ${table} (id, value, words, ${listed.join(', ')}) FROM STDIN WITH (FORMAT binary)`;
    this.insert =
      `INSERT INTO ${table} (id, value, words, ${listed.join(', ')}) SELECT id, value, words, ${taken.join(', ')} ` +
      `FROM unnest(${arrays.join(', ')}) AS given (id, value, words, ${given.join(', ')}) ` +
      'ON CONFLICT (id) DO NOTHING RETURNING id::text';
    const set = (first: number) => [
      `words = $${first}::int4`,
      ...columns.flatMap((_, number) => [
        `${texts[number]} = $${first + 1 + 2 * number}`,
        `${words[number]} = $${first + 2 + 2 * number}::${type}`,
      ]),
    ];
    this.updateTexts = `UPDATE ${table} SET ${set(2).join(', ')} WHERE id = $1::int8`;
    this.updateValue = `UPDATE ${table} SET value = $2 WHERE id = $1::int8`;
    this.updateBoth = `UPDATE ${table} SET ${['value = $2', ...set(3)].join(', ')} WHERE id = $1::int8`;
    const range = `${from} WHERE d.id >= $1::int8 AND d.id <= $2::int8 ORDER BY d.id`;
    this.all = `SELECT ${this.document} ${from} WHERE d.id = ANY ($1::int8[])`;
    this.#copied = `SELECT ${['id', 'value', ...texts].map((column) => `d.${column}`).join(', ')} ${from}`;
    this.page = `SELECT ${this.document} ${range} LIMIT $3::int8`;
    this.pageBackwards = `SELECT ${this.document} ${range} DESC LIMIT $3::int8`;
    this.ids = `SELECT d.id::text ${range} LIMIT $3::int8`;
    this.idsBackwards = `SELECT d.id::text ${range} DESC LIMIT $3::int8`;
  }

  /** Returns the COPY that gives a page of documents, from an id on: ids, values and texts. */
  copyPage(first: bigint, limit: number): string {
    return copyOut(`${this.#copied} WHERE d.id >= '${first}'::int8 ORDER BY d.id LIMIT ${limit}`);
  }

  /** Returns the COPY that gives those of some documents that there are. */
  copyOf(ids: readonly bigint[]): string {
    return copyOut(`${this.#copied} WHERE d.id = ANY ('{${ids.join()}}'::int8[])`);
  }
}

function copyOut(select: string): string {
  return `COPY (${select}) TO STDOUT WITH (FORMAT binary)`;
}

/** The column of a text. The names of ours do not have the prefix. */
export function textColumn(name: string): string {
  return quoteIdentifier(`t_${name}`);
}

/** The column of the words of a text. */
export function wordsColumn(number: number): string {
  return `words_${number}`;
}

export async function makeTextTable(
  session: Session,
  catalog: Catalog,
  name: string,
  { columns, partitions, index }: { columns: readonly string[]; partitions: number; index: WordIndex },
): Promise<void> {
  await index.prepare(session);
  const table = catalog.qualified(name);
  const declared = [
    'id int8 NOT NULL',
    'value bytea NOT NULL',
    'words int4 NOT NULL',
    ...columns.flatMap((column, number) => [
      `${textColumn(column)} text NOT NULL`,
      `${wordsColumn(number)} ${index.type} NOT NULL`,
    ]),
  ];
  const divided = partitions > 0 ? ' PARTITION BY HASH (id)' : '';
  await session.query(`CREATE TABLE ${table} (${declared.join(', ')}, PRIMARY KEY (id))${divided}`);
  for (let part = 0; part < partitions; part++) {
    await session.query(
      `CREATE TABLE ${catalog.qualified(partitionOf(name, 'values', part))} PARTITION OF ${table} ` +
        `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${part})`,
    );
  }
  const indexed = columns.map((_, number) => index.indexed(wordsColumn(number))).join(', ');
  await session.query(`CREATE INDEX ${quoteIdentifier(wordsIndexOf(name))} ON ${table} USING gin (${indexed})`);
}
