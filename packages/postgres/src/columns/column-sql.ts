import { channelOf } from '../changes/change-tables.ts';
import type { Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { chunksTableOf, escapedLiteral, partitionOf } from '../schema/names.ts';

/** The statements of the columns of one vault. All tables are distributed by the name of the column. */
export class ColumnSql {
  /** On which appenders tell followers. */
  readonly channel: string;
  readonly columns: string;
  readonly chunks: string;
  readonly find: string;
  readonly lock: string;
  readonly list: string;
  readonly insert: string;
  /** Makes one of several columns, which a clock may not tell apart. */
  readonly insertNth: string;
  readonly grow: string;
  readonly read: string;
  /** The same for elements of one size, which is the fourth parameter: nothing else of a chunk is read. */
  readonly readFixed: string;
  readonly addToTail: string;
  readonly overwrite: string;
  readonly putChunks: string;
  readonly overlapping: string;
  readonly deleteChunks: string;
  readonly shiftAside: string;
  readonly shiftBack: string;
  readonly tail: string;
  /** Has those who append tell of it, for so many milliseconds. */
  readonly markFollowed: string;
  readonly stats: string;

  constructor(catalog: Catalog, vault: string) {
    const columns = catalog.qualified(vault);
    const chunks = catalog.qualified(chunksTableOf(vault));
    this.channel = channelOf(catalog);
    this.columns = columns;
    this.chunks = chunks;
    const meta =
      'dtype, length::float8, bytes::float8, tail_start::float8, tail_bytes, ' +
      'coalesce(followed > statement_timestamp(), false)';
    this.find = `SELECT ${meta} FROM ${columns} WHERE name = $1`;
    this.lock = `${this.find} FOR UPDATE`;
    this.list = `SELECT name, dtype, length::float8 FROM ${columns} ORDER BY created, name`;
    this.insert = `INSERT INTO ${columns} (name, dtype) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`;
    this.insertNth =
      `INSERT INTO ${columns} (name, dtype, created) ` +
      "VALUES ($1, $2, clock_timestamp() + $3::int4 * interval '1 microsecond') ON CONFLICT (name) DO NOTHING";
    this.grow =
      `UPDATE ${columns} SET length = $2::int8, bytes = $3::int8, tail_start = $4::int8, tail_bytes = $5::int4 ` +
      'WHERE name = $1';
    this.read = this.#readOf('$1', '$2', '$3', undefined);
    this.readFixed = this.#readOf('$1', '$2', '$3', '$4');
    this.addToTail =
      `UPDATE ${chunks} SET count = count + $3::int4, data = data || $4, ends = ends || $5 ` +
      'WHERE name = $1 AND start = $2::int8';
    this.overwrite =
      `UPDATE ${chunks} SET data = overlay(data PLACING $4 FROM ((($2::int8 - start) * $3::int8) + 1)::int4) ` +
      `WHERE name = $1 AND start = (SELECT max(start) FROM ${chunks} WHERE name = $1 AND start <= $2::int8)`;
    this.putChunks =
      `INSERT INTO ${chunks} (name, start, count, data, ends) SELECT $1, * ` +
      'FROM unnest($2::int8[], $3::int4[], $4::bytea[], $5::bytea[])';
    this.overlapping =
      `SELECT start::float8, count, data, ends FROM ${chunks} WHERE name = $1 AND start < $3::int8 ` +
      `AND start >= (SELECT max(start) FROM ${chunks} WHERE name = $1 AND start <= $2::int8) ORDER BY start`;
    this.deleteChunks = `DELETE FROM ${chunks} WHERE name = $1 AND start >= $2::int8 AND start < $3::int8`;
    // In two steps: one would meet the places of rows that have not moved yet.
    this.shiftAside = `UPDATE ${chunks} SET start = -(start + $3::int8) - 1 WHERE name = $1 AND start >= $2::int8`;
    this.shiftBack = `UPDATE ${chunks} SET start = -start - 1 WHERE name = $1 AND start < 0`;
    this.tail = `SELECT start::float8, octet_length(data) FROM ${chunks} WHERE name = $1 ORDER BY start DESC LIMIT 1`;
    this.markFollowed = `UPDATE ${columns} SET followed = statement_timestamp() + $2::float8 * interval '1 millisecond' WHERE name = $1`;
    this.stats = `SELECT count(*)::float8, coalesce(sum(octet_length(data)), 0)::float8 FROM ${chunks} WHERE name = $1`;
  }

  /** Returns the COPY that gives the same as `read`, or as `readFixed` if the elements have a size. */
  copyRead(name: string, from: number, to: number, elemSize: number): string {
    const size = elemSize > 0 ? `'${elemSize}'` : undefined;
    return `COPY (${this.#readOf(escapedLiteral(name), `'${from}'`, `'${to}'`, size)}) TO STDOUT WITH (FORMAT binary)`;
  }

  /** The bounds are those of `slice`: negative ones count from the end, and both are clipped. */
  #readOf(name: string, from: string, to: string, size: string | undefined): string {
    const clipped = (bound: string) =>
      `CASE WHEN ${bound} < 0 THEN greatest(0, length + ${bound}) ELSE least(${bound}, length) END`;
    const first = 'greatest(chunk.start, found.low)';
    const count = `greatest(0, least(chunk.start + chunk.count, found.high) - ${first})`;
    const chunk =
      size === undefined
        ? 'chunk.start::float8, chunk.count, chunk.data, chunk.ends'
        : `${first}::float8, (${count})::int4, substring(chunk.data FROM ((${first} - chunk.start) * ${size}::int8 + 1)::int4 ` +
          `FOR (${count} * ${size}::int8)::int4), chunk.ends`;
    return (
      `WITH found AS (SELECT name, dtype, length, ${clipped(`${from}::int8`)} AS low, ${clipped(`${to}::int8`)} AS high ` +
      `FROM ${this.columns} WHERE name = ${name}) ` +
      `SELECT found.dtype, found.length::float8, found.low::float8, found.high::float8, ${chunk} ` +
      `FROM found LEFT JOIN ${this.chunks} AS chunk ON chunk.name = found.name AND chunk.start < found.high ` +
      `AND chunk.start >= (SELECT max(start) FROM ${this.chunks} WHERE name = ${name} AND start <= found.low) ` +
      'ORDER BY chunk.start'
    );
  }
}

/** Adds what the tables of an earlier layout lack. */
export async function upgradeColumnTables(session: Session, catalog: Catalog, vault: string): Promise<void> {
  const { columns } = new ColumnSql(catalog, vault);
  await session.query(`ALTER TABLE ${columns} ADD COLUMN IF NOT EXISTS followed timestamptz`);
}

export async function makeColumnTables(
  session: Session,
  catalog: Catalog,
  vault: string,
  partitions: number,
): Promise<void> {
  const sql = new ColumnSql(catalog, vault);
  const divided = partitions > 0 ? ' PARTITION BY HASH (name)' : '';
  await session.query(
    `CREATE TABLE ${sql.columns} (name text NOT NULL, dtype text NOT NULL, length int8 NOT NULL DEFAULT 0, ` +
      'bytes int8 NOT NULL DEFAULT 0, tail_start int8 NOT NULL DEFAULT 0, tail_bytes int4 NOT NULL DEFAULT 0, ' +
      'followed timestamptz, ' +
      `created timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (name))${divided}`,
  );
  await session.query(
    `CREATE TABLE ${sql.chunks} (name text NOT NULL, start int8 NOT NULL, count int4 NOT NULL, data bytea NOT NULL, ` +
      `ends bytea NOT NULL, PRIMARY KEY (name, start))${divided}`,
  );
  await session.query(`ALTER TABLE ${sql.chunks} ALTER COLUMN data SET STORAGE EXTERNAL`);
  for (let index = 0; index < partitions; index++) {
    for (const [table, of] of [
      [sql.columns, 'values'],
      [sql.chunks, 'parts'],
    ] as const) {
      await session.query(
        `CREATE TABLE ${catalog.qualified(partitionOf(vault, of, index))} PARTITION OF ${table} ` +
          `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${index})`,
      );
    }
  }
}
