import { InvalidArgument, KohakuVaultError, type ResolvedIds } from '@kohakuvault/core-native/internal';
import type { FieldTypes, Metric, VectorShape } from '@kohakuvault/vector/internal';
import type { Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { numbersIndexOf, partitionOf, quoteIdentifier } from '../schema/names.ts';
import type { VectorIds } from './vector-ids.ts';
import { fieldCast, fieldColumn, fieldDeclarations } from './where-sql.ts';

/** The distance operators of pgvector. */
const OPERATORS: Readonly<Record<Metric, string>> = { cosine: '<=>', l2: '<->', l1: '<+>', dot: '<#>', hamming: '<~>' };
const CLASSES: Readonly<Record<Metric, string>> = {
  cosine: 'cosine_ops',
  l2: 'l2_ops',
  l1: 'l1_ops',
  dot: 'ip_ops',
  hamming: 'hamming_ops',
};
/** An index has vectors of 32-bit floats up to here, and of 16-bit floats up to twice as long. */
const MOST_INDEXED = 2_000;

/** What is read of each vector: each of these has what those before it have. */
export type ReadColumns = 'ids' | 'values' | 'vectors' | 'all';

/** The statements of one vault of vectors. They are distributed by their id. */
export class VectorSql {
  readonly table: string;
  readonly get: string;
  readonly has: string;
  readonly size: string;
  readonly clear: string;
  readonly deleteMany: string;
  readonly insert: string;
  readonly upsert: string;
  /** The number by which a vector with an id of text is ordered. */
  readonly number: string;
  /** All of the vectors with some ids, for those who copy them. */
  readonly allOf: string;
  /** COPY of new vectors: number, vector, value, fields, and the id if it is text. */
  readonly copyIn: string;
  readonly indexName: string;
  readonly #shape: VectorShape;
  readonly #id: string;
  readonly #idType: string;
  readonly #fields: readonly string[];

  constructor(catalog: Catalog, name: string, shape: VectorShape, fields: FieldTypes, ids: VectorIds) {
    const table = catalog.qualified(name);
    this.#shape = shape;
    this.table = table;
    this.indexName = `kohakuvault_i_${name}`;
    const columns = Object.keys(fields).map(fieldColumn);
    const { column: id, type } = ids;
    const is = `${id} = $1::${type}`;
    this.get = `SELECT vector::text, value${columns.map((column) => `, ${column}`).join('')} FROM ${table} WHERE ${is}`;
    this.has = `SELECT 1 FROM ${table} WHERE ${is}`;
    this.number = `SELECT id::text FROM ${table} WHERE ${is}`;
    this.size = `SELECT count(*)::float8 FROM ${table}`;
    this.clear = `DELETE FROM ${table}`;
    this.deleteMany = `DELETE FROM ${table} WHERE ${id} = ANY ($1::${type}[])`;
    // Arrays of as many items as there are vectors: numbers, vectors, values and fields, then the ids if they are text.
    const written = ['vector', 'value', ...columns];
    const listed = ['id', ...written, ...(ids.kind === 'str' ? [id] : [])];
    const arrays = ['$1::int8[]', '$2::text[]', '$3::bytea[]'];
    while (arrays.length < listed.length) arrays.push(`$${arrays.length + 1}::text[]`);
    const names = listed.map((_, nth) => `c${nth}`);
    const casts = ['', `::${this.type}`, '', ...Object.values(fields).map(fieldCast)];
    const taken = names.map((name, nth) => name + (casts[nth] ?? ''));
    this.#id = id;
    this.#idType = type;
    this.#fields = columns;
    this.copyIn = `COPY ${table} (${listed.join(', ')}) FROM STDIN WITH (FORMAT binary)`;
    this.allOf = `${this.#selected('all', 'text')} WHERE ${id} = ANY ($1::${type}[])`;
    this.insert =
      `INSERT INTO ${table} (${listed.join(', ')}) SELECT ${taken.join(', ')} ` +
      `FROM unnest(${arrays.join(', ')}) AS given (${names.join(', ')}) ON CONFLICT (${id}) DO NOTHING RETURNING id::text`;
    const replaced = written.map((column) => `${column} = excluded.${column}`);
    this.upsert = this.insert.replace('DO NOTHING', () => `DO UPDATE SET ${replaced.join(', ')}`);
  }

  /** Returns the statement that reads a page: from the first to the second parameter, and as many as the third. */
  page(columns: ReadColumns, isReverse: boolean): string {
    const range = 'WHERE f.id >= $1::int8 AND f.id <= $2::int8 ORDER BY f.id';
    return `${this.#selected(columns, 'text')} ${range}${isReverse ? ' DESC' : ''} LIMIT $3::int8`;
  }

  /** Returns the COPY that gives the same. */
  copyPage({ first, last, reverse }: ResolvedIds, columns: ReadColumns, limit: number): string {
    const range = `WHERE f.id >= '${first}'::int8 AND f.id <= '${last}'::int8 ORDER BY f.id${reverse ? ' DESC' : ''}`;
    return copyOut(`${this.#selected(columns, 'binary')} ${range} LIMIT ${limit}`);
  }

  /** Returns the COPY that gives all of the vectors with some ids, which are a list in SQL. */
  copyOf(ids: string): string {
    return copyOut(`${this.#selected('all', 'binary')} WHERE ${this.#id} = ANY (${ids}::${this.#idType}[])`);
  }

  /** `f.id` is the number. A bare `id` in ORDER BY would be the text that is returned. */
  #selected(columns: ReadColumns, form: 'text' | 'binary'): string {
    const cast = form === 'text' ? '::text' : '';
    const chosen = [`f.id${cast}`, `f.${this.#id}${cast}`];
    if (columns !== 'ids') chosen.push('f.value');
    if (columns === 'vectors' || columns === 'all') chosen.push(`f.vector${cast}`);
    if (columns === 'all') chosen.push(...this.#fields.map((column) => `f.${column}`));
    return `SELECT ${chosen.join(', ')} FROM ${this.table} AS f`;
  }

  /** The type of the vectors. Bytes are whole numbers, which pgvector keeps as floats. */
  get type(): string {
    const { vectorType, dimensions } = this.#shape;
    return vectorType === 'bit' ? `bit(${dimensions})` : `vector(${dimensions})`;
  }

  /** Returns the distance of each vector from the first parameter. */
  distance(metric: Metric): string {
    // The client has checked the dimensions of a query. With them in its type, the server would check them for each row.
    return `f.vector ${OPERATORS[metric]} $1::${this.#shape.vectorType === 'bit' ? this.type : 'vector'}`;
  }

  /** Returns the same as the index has it. */
  indexedDistance(metric: Metric): string {
    const { vectorType, dimensions } = this.#shape;
    if (vectorType === 'bit' || dimensions <= MOST_INDEXED) return this.distance(metric);
    const half = `halfvec(${dimensions})`;
    return `f.vector::${half} ${OPERATORS[metric]} $1::${half}`;
  }

  createIndex(m: number, efConstruction: number): string {
    const { vectorType, dimensions, metric } = this.#shape;
    if (vectorType !== 'bit' && dimensions > 2 * MOST_INDEXED) {
      throw new InvalidArgument(
        `createIndex: the vectors have ${dimensions} dimensions; pgvector's index takes up to ${2 * MOST_INDEXED}`,
      );
    }
    const isLong = vectorType !== 'bit' && dimensions > MOST_INDEXED;
    const element = vectorType === 'bit' ? 'bit' : isLong ? 'halfvec' : 'vector';
    const what = isLong ? `(vector::halfvec(${dimensions}))` : 'vector';
    return (
      `CREATE INDEX ${quoteIdentifier(this.indexName)} ON ${this.table} ` +
      `USING hnsw (${what} ${element}_${CLASSES[metric]}) WITH (m = ${m}, ef_construction = ${efConstruction})`
    );
  }
}

function copyOut(select: string): string {
  return `COPY (${select}) TO STDOUT WITH (FORMAT binary)`;
}

export async function makeVectorTable(
  session: Session,
  catalog: Catalog,
  name: string,
  { sql, fields, partitions, ids }: { sql: VectorSql; fields: FieldTypes; partitions: number; ids: VectorIds },
): Promise<void> {
  await ensurePgvector(session);
  const columns = [
    ...ids.declared,
    `vector ${sql.type} NOT NULL`,
    'value bytea NOT NULL',
    ...fieldDeclarations(fields),
  ];
  const divided = partitions > 0 ? ` PARTITION BY HASH (${ids.column})` : '';
  await session.query(`CREATE TABLE ${sql.table} (${columns.join(', ')}, PRIMARY KEY (${ids.column}))${divided}`);
  for (let index = 0; index < partitions; index++) {
    await session.query(
      `CREATE TABLE ${catalog.qualified(partitionOf(name, 'values', index))} PARTITION OF ${sql.table} ` +
        `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${index})`,
    );
  }
  // Its users read the vectors in the order in which they came.
  if (ids.kind === 'str')
    await session.query(`CREATE INDEX ${quoteIdentifier(numbersIndexOf(name))} ON ${sql.table} (id)`);
}

export async function ensurePgvector(session: Session): Promise<void> {
  const { rows } = await session.query(
    "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = 'vector'",
  );
  if (rows.length === 0) {
    throw new KohakuVaultError('the server has no pgvector, which vectors need; install it on the server', {
      code: 'KV_RUNTIME_UNSUPPORTED',
    });
  }
  if (rows[0]?.[0] !== true) await session.query('CREATE EXTENSION IF NOT EXISTS vector');
}
