import type { Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import {
  chunkIdsIndexOf,
  chunksTableOf,
  escapedLiteral,
  modelsTableOf,
  numbersIndexOf,
  partitionOf,
  quoteIdentifier,
  wordsIndexOf,
} from '../schema/names.ts';
import type { WordIndex } from '../texts/index/word-index.ts';
import { textColumn, wordsColumn } from '../texts/text-sql.ts';

/** The only text of a chunk, and its words. */
export const TEXT = 'content';
const WORDS = wordsColumn(0);

/** The statements of one vault of documents. Its tables are distributed by the id of a document. */
export class DocumentSql {
  readonly documents: string;
  readonly chunks: string;
  readonly models: string;
  /** A chunk `d` as a search by words returns it: the id, no value, the text, and then what it is. */
  readonly chunk: string;
  readonly get: string;
  readonly has: string;
  readonly known: string;
  readonly values: string;
  readonly ids: string;
  readonly size: string;
  readonly delete: string;
  readonly insert: string;
  /** The same, in place of documents that have the ids. */
  readonly put: string;
  readonly update: string;
  readonly deleteMany: string;
  readonly deleteChunksOfMany: string;
  /** A page of documents as they are stored, behind a number and an id. */
  readonly copyPage: string;
  readonly copyOf: string;
  readonly chunksOf: string;
  readonly deleteChunks: string;
  readonly insertChunks: string;
  /** The chunks at some places, each with those before and after it. */
  readonly around: string;
  readonly modelRows: string;

  constructor(catalog: Catalog, name: string, { type }: WordIndex) {
    this.documents = catalog.qualified(name);
    this.chunks = catalog.qualified(chunksTableOf(name));
    this.models = catalog.qualified(modelsTableOf(name));
    const { documents, chunks } = this;
    const text = textColumn(TEXT);
    this.chunk = `d.id::text, NULL, d.${text}, d.document, d.place::text`;
    this.get = `SELECT value, fields::text FROM ${documents} WHERE id = $1`;
    this.has = `SELECT 1 FROM ${documents} WHERE id = $1`;
    this.known = `SELECT id FROM ${documents} WHERE id = ANY ($1::text[])`;
    this.values = `SELECT id, value FROM ${documents} WHERE id = ANY ($1::text[])`;
    this.ids = `SELECT id FROM ${documents} ORDER BY number, id`;
    this.size = `SELECT count(*)::float8 FROM ${documents}`;
    this.delete = `DELETE FROM ${documents} WHERE id = $1`;
    const inserted =
      `INSERT INTO ${documents} (id, number, value, fields) SELECT id, number, value, fields::jsonb ` +
      'FROM unnest($1::text[], $2::int8[], $3::bytea[], $4::text[]) AS given (id, number, value, fields) ' +
      'ON CONFLICT (id)';
    this.insert = `${inserted} DO NOTHING RETURNING id`;
    this.put = `${inserted} DO UPDATE SET value = excluded.value, fields = excluded.fields RETURNING id`;
    this.deleteMany = `DELETE FROM ${documents} WHERE id = ANY ($1::text[])`;
    this.deleteChunksOfMany = `DELETE FROM ${chunks} WHERE document = ANY ($1::text[])`;
    const stored = `SELECT number::text, id, value, fields::text FROM ${documents} AS d`;
    // Without the name of the table, they would be in the order of the texts of numbers.
    this.copyPage =
      `${stored} WHERE number >= $1::int8 AND (number, id) > ($1::int8, $2) ` +
      'ORDER BY d.number, d.id LIMIT $3::int8';
    this.copyOf = `${stored} WHERE id = ANY ($1::text[])`;
    // Also what changes nothing locks the document.
    this.update =
      `UPDATE ${documents} SET value = coalesce($2::bytea, value), fields = coalesce($3::text::jsonb, fields) ` +
      'WHERE id = $1';
    this.chunksOf = `SELECT start, ${text} FROM ${chunks} WHERE document = $1 ORDER BY place`;
    this.deleteChunks = `DELETE FROM ${chunks} WHERE document = $1`;
    this.insertChunks =
      `INSERT INTO ${chunks} (document, place, id, start, "end", words, ${text}, ${WORDS}) ` +
      `SELECT document, place, id, start, last, words, content, kept::${type} FROM unnest(` +
      '$1::text[], $2::int4[], $3::int8[], $4::int4[], $5::int4[], $6::int4[], $7::text[], $8::text[]' +
      ') AS given (document, place, id, start, last, words, content, kept)';
    this.around =
      `SELECT w.nth::float8, c.place, c.start, c."end", c.${text} ` +
      'FROM unnest($1::text[], $2::int4[]) WITH ORDINALITY AS w (document, place, nth) ' +
      `JOIN ${chunks} AS c ON c.document = w.document AND c.place BETWEEN w.place - 1 AND w.place + 1 ` +
      'ORDER BY w.nth, c.place';
    this.modelRows = `SELECT number, model, dimensions, ready FROM ${this.models} ORDER BY ready DESC, number`;
  }

  /** Returns the COPY that gives the chunks of documents with the vectors of a model's table. */
  copyChunks(ids: readonly string[], vectors: string): string {
    const list = `ARRAY[${ids.map(escapedLiteral).join()}]`;
    return `COPY (${this.#chunksOfMany(vectors, 'v.vector', list)}) TO STDOUT WITH (FORMAT binary)`;
  }

  /** The same as a statement, whose vectors are texts. */
  chunksWithVectors(vectors: string): string {
    return this.#chunksOfMany(vectors, 'v.vector::text', '$1::text[]');
  }

  #chunksOfMany(vectors: string, vector: string, ids: string): string {
    return (
      `SELECT c.document, c.start, c."end", c.${textColumn(TEXT)}, ${vector} FROM ${this.chunks} AS c ` +
      `LEFT JOIN ${vectors} AS v ON v.document = c.document AND v.place = c.place ` +
      `WHERE c.document = ANY (${ids}) ORDER BY c.document, c.place`
    );
  }
}

/** Makes the tables of documents, their chunks and models. Chunks go with their document, no matter who deletes it. */
export async function makeDocumentTables(
  session: Session,
  catalog: Catalog,
  name: string,
  { partitions, index }: { partitions: number; index: WordIndex },
): Promise<void> {
  await index.prepare(session);
  const { documents, chunks, models } = new DocumentSql(catalog, name, index);
  const divided = (column: string) => (partitions > 0 ? ` PARTITION BY HASH (${column})` : '');
  await session.query(
    `CREATE TABLE ${documents} (id text COLLATE "C" NOT NULL, number int8 NOT NULL, value bytea NOT NULL, ` +
      `fields jsonb NOT NULL, PRIMARY KEY (id))${divided('id')}`,
  );
  await session.query(
    `CREATE TABLE ${chunks} (document text COLLATE "C" NOT NULL REFERENCES ${documents} (id) ON DELETE CASCADE, ` +
      'place int4 NOT NULL, id int8 NOT NULL, start int4 NOT NULL, "end" int4 NOT NULL, words int4 NOT NULL, ' +
      `${textColumn(TEXT)} text NOT NULL, ${WORDS} ${index.type} NOT NULL, PRIMARY KEY (document, place))` +
      divided('document'),
  );
  for (let part = 0; part < partitions; part++) {
    for (const [table, of] of [
      [documents, 'values'],
      [chunks, 'parts'],
    ] as const) {
      await session.query(
        `CREATE TABLE ${catalog.qualified(partitionOf(name, of, part))} PARTITION OF ${table} ` +
          `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${part})`,
      );
    }
  }
  await session.query(`CREATE INDEX ${quoteIdentifier(numbersIndexOf(name))} ON ${documents} (number)`);
  await session.query(`CREATE INDEX ${quoteIdentifier(chunkIdsIndexOf(name))} ON ${chunks} (id)`);
  await session.query(
    `CREATE INDEX ${quoteIdentifier(wordsIndexOf(name))} ON ${chunks} USING gin (${index.indexed(WORDS)})`,
  );
  await session.query(
    `CREATE TABLE ${models} (number int4 PRIMARY KEY, model text NOT NULL, dimensions int4 NOT NULL, ready bool NOT NULL)`,
  );
}
