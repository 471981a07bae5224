import { NO_LIMIT, type ResolvedRange } from '@kohakuvault/kvault/internal';
import { HEADER_LENGTH } from '@kohakuvault/packer/value';
import { endLogOf } from '../changes/change-tables.ts';
import { hexOf } from '../client/byte-arrays.ts';
import type { Parameter, Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { expiryIndexOf, partitionOf, partsTableOf, quoteIdentifier, quoteLiteral } from '../schema/names.ts';

/** The columns that tell a value: its bytes, or the id of its parts and their length. */
const VALUE = 'value, parts, size::float8';

/** What is true of an entry that has not expired. */
const LIVE = '(expires_at IS NULL OR expires_at > statement_timestamp())';
const EXPIRED = 'expires_at <= statement_timestamp()';

/** When an entry expires, in whole milliseconds since 1970. */
const MILLISECONDS = 'ceil(extract(epoch FROM expires_at) * 1000)::int8';

/** The time of two parameters, of which at most the one is not NULL: milliseconds since 1970, or from now on. */
function timeOf(until: number): string {
  return (
    `coalesce(to_timestamp($${until}::float8 / 1000), ` +
    `statement_timestamp() + $${until + 1}::float8 * interval '1 millisecond')`
  );
}

/** What a page of a range has of its entries. */
export type ScannedColumns = 'keys' | 'entries' | 'entries and times';

/** The statements of one vault. Those about one key meet one row, by the column by which tables are distributed. */
export class EntrySql {
  readonly values: string;
  readonly parts: string;
  readonly get: string;
  readonly getRow: string;
  readonly getForUpdate: string;
  readonly getMany: string;
  readonly getManyRows: string;
  readonly has: string;
  readonly measure: string;
  readonly put: string;
  readonly putUntil: string;
  readonly putNew: string;
  readonly putMany: string;
  readonly putManyUntil: string;
  readonly copyIn: string;
  readonly putManyTimed: string;
  readonly putLong: string;
  readonly moveToParts: string;
  readonly expiresAt: string;
  readonly putNewLong: string;
  readonly replace: string;
  readonly replaceVersion: string;
  readonly replaceSame: string;
  readonly touch: string;
  readonly ttlOf: string;
  readonly purge: string;
  readonly delete: string;
  readonly deleteMany: string;
  readonly popShort: string;
  readonly size: string;
  readonly clear: string;
  readonly putParts: string;
  readonly pieceOfRow: string;
  readonly pieceOfPart: string;
  readonly ofLiveParts: string;
  readonly overwritePart: string;
  readonly deleteParts: string;
  readonly copyParts: string;

  constructor(catalog: Catalog, name: string) {
    const values = catalog.qualified(name);
    const parts = catalog.qualified(partsTableOf(name));
    this.values = values;
    this.parts = parts;
    const replacing =
      'ON CONFLICT (key) DO UPDATE SET value = excluded.value, parts = excluded.parts, size = excluded.size, ' +
      'expires_at = excluded.expires_at';
    const returning = `RETURNING ${VALUE}`;
    // The value alone: it is empty if it is in parts, which a second statement finds out.
    this.get = `SELECT value FROM ${values} WHERE key = $1 AND ${LIVE}`;
    this.getRow = `SELECT ${VALUE} FROM ${values} WHERE key = $1 AND ${LIVE}`;
    this.getForUpdate = `${this.getRow} FOR UPDATE`;
    this.getMany = `SELECT key, value FROM ${values} WHERE key = ANY ($1::bytea[]) AND ${LIVE}`;
    this.getManyRows = `SELECT ${VALUE}, key FROM ${values} WHERE key = ANY ($1::bytea[]) AND ${LIVE}`;
    this.has = `SELECT 1 FROM ${values} WHERE key = $1 AND ${LIVE}`;
    this.measure =
      `SELECT substring(value FROM 1 FOR ${HEADER_LENGTH}), parts, coalesce(size, octet_length(value))::float8 FROM ${values} ` +
      `WHERE key = $1 AND ${LIVE}`;
    // It leaves a value in parts alone, and one that expires, and changes no row then. So a short set does not fire the
    // trigger for parts, and writes one column.
    this.put =
      `INSERT INTO ${values} AS present (key, value) VALUES ($1, $2) ` +
      'ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE present.parts IS NULL AND present.expires_at IS NULL';
    this.putUntil = `INSERT INTO ${values} (key, value, expires_at) VALUES ($1, $2, ${timeOf(3)}) ${replacing}`;
    // An entry that has expired is not there.
    this.putNew =
      `INSERT INTO ${values} AS entry (key, value, expires_at) VALUES ($1, $2, ${timeOf(3)}) ${replacing} ` +
      `WHERE entry.${EXPIRED} ${returning}`;
    this.putMany =
      `INSERT INTO ${values} (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS given (key, value) ` +
      replacing;
    this.copyIn = `COPY ${values} (key, value, expires_at) FROM STDIN WITH (FORMAT binary)`;
    this.putManyTimed =
      `INSERT INTO ${values} (key, value, expires_at) SELECT key, value, to_timestamp(until::float8 / 1000) ` +
      `FROM unnest($1::bytea[], $2::bytea[], $3::text[]) AS given (key, value, until) ${replacing}`;
    this.putManyUntil =
      `INSERT INTO ${values} (key, value, expires_at) SELECT key, value, ${timeOf(3)} ` +
      `FROM unnest($1::bytea[], $2::bytea[]) AS given (key, value) ${replacing}`;
    const putLong = (as: string) =>
      `INSERT INTO ${values}${as} (key, value, parts, size, expires_at) ` +
      `VALUES ($1, ''::bytea, $2::uuid, $3::int8, ${timeOf(4)}) ${replacing}`;
    this.putLong = putLong('');
    this.putNewLong = `${putLong(' AS entry')} WHERE entry.${EXPIRED} ${returning}`;
    this.moveToParts = `UPDATE ${values} SET value = ''::bytea, parts = $2::uuid, size = $3::int8 WHERE key = $1`;
    this.expiresAt = `SELECT (extract(epoch FROM expires_at) * 1000)::float8 FROM ${values} WHERE key = $1`;
    this.replace = `UPDATE ${values} SET value = $2, parts = NULL, size = NULL WHERE key = $1`;
    const replacement = `UPDATE ${values} SET value = $2, expires_at = ${timeOf(3)} WHERE key = $1 AND parts IS NULL AND ${LIVE}`;
    this.replaceVersion = `${replacement} AND sha256(value) = $5`;
    this.replaceSame = `${replacement} AND value = $5`;
    this.touch = `UPDATE ${values} SET expires_at = ${timeOf(2)} WHERE key = $1 AND ${LIVE}`;
    this.ttlOf =
      `SELECT (extract(epoch FROM expires_at - statement_timestamp()) * 1000)::float8 FROM ${values} ` +
      `WHERE key = $1 AND ${LIVE}`;
    this.purge =
      `DELETE FROM ${values} WHERE ${EXPIRED} AND key IN ` +
      `(SELECT key FROM ${values} WHERE ${EXPIRED} ORDER BY expires_at LIMIT $1::int8 FOR UPDATE SKIP LOCKED)`;
    this.delete = `DELETE FROM ${values} WHERE key = $1 AND ${LIVE}`;
    this.deleteMany = `DELETE FROM ${values} WHERE key = ANY ($1::bytea[]) AND ${LIVE}`;
    this.popShort = `DELETE FROM ${values} WHERE key = $1 AND parts IS NULL AND ${LIVE} ${returning}`;
    // The index of the keys alone is counted, and that of the times, which is short.
    this.size = `SELECT (count(*) - (SELECT count(*) FROM ${values} WHERE ${EXPIRED}))::float8 FROM ${values}`;
    this.clear = `DELETE FROM ${values}`;
    this.putParts =
      `INSERT INTO ${parts} (key, id, part, data) SELECT $1, $2::uuid, $3::int4 + (n - 1)::int4, data ` +
      'FROM unnest($4::bytea[]) WITH ORDINALITY AS given (data, n) ON CONFLICT (key, id, part) DO NOTHING';
    this.pieceOfRow =
      `SELECT substring(value FROM $2::int4 FOR $3::int4) FROM ${values} ` +
      `WHERE key = $1 AND parts IS NULL AND md5(value) = $4 AND ${LIVE}`;
    this.pieceOfPart = `SELECT substring(data FROM $4::int4 FOR $5::int4) FROM ${parts} WHERE key = $1 AND id = $2::uuid AND part = $3::int4`;
    this.ofLiveParts = ` AND EXISTS (SELECT 1 FROM ${values} WHERE key = $1 AND parts = $2::uuid AND ${LIVE})`;
    this.overwritePart = `UPDATE ${parts} SET data = overlay(data PLACING $5 FROM $4::int4) WHERE key = $1 AND id = $2::uuid AND part = $3::int4${this.ofLiveParts}`;
    this.deleteParts = `DELETE FROM ${parts} WHERE key = $1 AND id = $2::uuid`;
    this.copyParts =
      `INSERT INTO ${parts} (key, id, part, data) SELECT $2, $4::uuid, part, data FROM ${parts} ` +
      'WHERE key = $1 AND id = $3::uuid';
  }

  /** Returns the statement that reads parts of a value, on a condition. */
  someParts(condition = ''): string {
    return `SELECT data FROM ${this.parts} WHERE key = $1 AND id = $2::uuid AND part >= $3::int4 AND part < $4::int4${condition} ORDER BY part`;
  }

  /** Returns the COPY that reads the same parts. COPY takes no parameters, so they are in the text. */
  copyOfParts(condition: string, key: Uint8Array, id: string, first: number, end: number): string {
    const parameters = [`decode('${hexOf(key)}', 'hex')`, `'${id}'`, first, end];
    const select = this.someParts(condition).replace(/\$(\d)/g, (_, nth) => String(parameters[nth - 1]));
    return `COPY (${select}) TO STDOUT (FORMAT binary)`;
  }

  /** Returns the statement that reads a page of a range, in its order. */
  scan(range: ResolvedRange, columns: ScannedColumns, limit: number): Selection {
    const { sql, parameters } = conditionOf(range);
    const order = range.reverse ? 'DESC' : 'ASC';
    const chosen = { keys: 'key', entries: `${VALUE}, key`, 'entries and times': `${VALUE}, key, ${MILLISECONDS}` };
    const text = `SELECT ${chosen[columns]} FROM ${this.values}${and(sql, LIVE)} ORDER BY key ${order}`;
    if (limit === NO_LIMIT) return { text, parameters };
    return { text: `${text} LIMIT $${parameters.length + 1}::int8`, parameters: [...parameters, limit] };
  }

  /** Returns the COPY that gives a page of a range, in its order. Values that are in parts are NULL. */
  copyOut(range: ResolvedRange, columns: ScannedColumns, limit: number): string {
    const { sql } = conditionOf(range, (key) => `decode('${hexOf(key)}', 'hex')`);
    const order = range.reverse ? 'DESC' : 'ASC';
    const short = 'CASE WHEN parts IS NULL THEN value END';
    const chosen = { keys: 'key', entries: `key, ${short}`, 'entries and times': `key, ${short}, ${MILLISECONDS}` };
    return (
      `COPY (SELECT ${chosen[columns]} FROM ${this.values}${and(sql, LIVE)} ORDER BY key ${order} LIMIT ${limit}) ` +
      'TO STDOUT WITH (FORMAT binary)'
    );
  }

  count(range: ResolvedRange): Selection {
    const { sql, parameters } = conditionOf(range);
    if (range.limit === NO_LIMIT) {
      const expired = `SELECT count(*) FROM ${this.values}${and(sql, EXPIRED)}`;
      return { text: `SELECT (count(*) - (${expired}))::float8 FROM ${this.values}${sql}`, parameters };
    }
    return {
      text: `SELECT count(*)::float8 FROM (SELECT 1 FROM ${this.values}${and(sql, LIVE)} LIMIT $${parameters.length + 1}::int8) AS found`,
      parameters: [...parameters, range.limit],
    };
  }

  deleteRange(range: ResolvedRange): Selection {
    const { sql, parameters } = conditionOf(range);
    if (range.limit === NO_LIMIT) return { text: `DELETE FROM ${this.values}${and(sql, LIVE)}`, parameters };
    const { text, parameters: limited } = this.scan(range, 'keys', range.limit);
    return { text: `DELETE FROM ${this.values} WHERE key IN (${text})`, parameters: limited };
  }
}

interface Selection {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

function and(where: string, condition: string): string {
  return where === '' ? ` WHERE ${condition}` : `${where} AND ${condition}`;
}

/** Returns the condition of a range. `shown` makes SQL of a key, with the parameters to which it may add. */
function conditionOf(
  { lower, upper }: ResolvedRange,
  shown: (key: Buffer, parameters: Parameter[]) => string = (key, parameters) => `$${parameters.push(key)}`,
): { sql: string; parameters: Parameter[] } {
  const conditions: string[] = [];
  const parameters: Parameter[] = [];
  if (lower) conditions.push(`key ${lower.inclusive ? '>=' : '>'} ${shown(lower.key, parameters)}`);
  if (upper) conditions.push(`key ${upper.inclusive ? '<=' : '<'} ${shown(upper.key, parameters)}`);
  return { sql: conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '', parameters };
}

/** Creates the two tables of a vault. Each unique constraint has the key, by which tables are distributed. */
export async function makeEntryTables(
  session: Session,
  catalog: Catalog,
  name: string,
  partitions: number,
): Promise<void> {
  const sql = new EntrySql(catalog, name);
  const divided = partitions > 0 ? ' PARTITION BY HASH (key)' : '';
  await session.query(
    `CREATE TABLE ${sql.values} (key bytea NOT NULL, value bytea NOT NULL, parts uuid, size int8, ` +
      'expires_at timestamptz, ' +
      `PRIMARY KEY (key))${divided}`,
  );
  await makeExpiryIndex(session, sql, name);
  await session.query(
    `CREATE TABLE ${sql.parts} (key bytea NOT NULL, id uuid NOT NULL, part int4 NOT NULL, data bytea NOT NULL, ` +
      `PRIMARY KEY (key, id, part))${divided}`,
  );
  // A range of a part is read without the rest of it if it is not compressed.
  await session.query(`ALTER TABLE ${sql.parts} ALTER COLUMN data SET STORAGE EXTERNAL`);
  for (let index = 0; index < partitions; index++) {
    for (const [table, of] of [
      [sql.values, 'values'],
      [sql.parts, 'parts'],
    ] as const) {
      await session.query(
        `CREATE TABLE ${catalog.qualified(partitionOf(name, of, index))} PARTITION OF ${table} ` +
          `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${index})`,
      );
    }
  }
  const call = `EXECUTE FUNCTION ${catalog.dropPartsFunction}(${quoteLiteral(partsTableOf(name))})`;
  const trigger = (name: string, event: string, when: string) =>
    session.query(
      `CREATE TRIGGER ${quoteIdentifier(name)} AFTER ${event} ON ${sql.values} FOR EACH ROW WHEN (${when}) ${call}`,
    );
  await trigger('kohakuvault_delete', 'DELETE', 'OLD.parts IS NOT NULL');
  // The server prepares the condition for each statement that may fire the trigger: those that set `parts` alone.
  await trigger(
    'kohakuvault_update',
    'UPDATE OF parts',
    'OLD.parts IS NOT NULL AND OLD.parts IS DISTINCT FROM NEW.parts',
  );
}

/** Adds what the tables of an earlier layout lack. */
export async function upgradeEntryTables(session: Session, catalog: Catalog, name: string): Promise<void> {
  const sql = new EntrySql(catalog, name);
  await session.query(`ALTER TABLE ${sql.values} ADD COLUMN IF NOT EXISTS expires_at timestamptz`);
  await makeExpiryIndex(session, sql, name);
}

/** Of a vault whose entries do not expire, the index is empty. */
async function makeExpiryIndex(session: Session, sql: EntrySql, name: string): Promise<void> {
  await session.query(
    `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(expiryIndexOf(name))} ON ${sql.values} (expires_at) ` +
      'WHERE expires_at IS NOT NULL',
  );
}

export async function dropEntryTables(session: Session, catalog: Catalog, name: string): Promise<void> {
  const sql = new EntrySql(catalog, name);
  await session.query(`DROP TABLE ${sql.values}, ${sql.parts}`);
  await endLogOf(session, catalog, name);
  for (const table of [catalog.uploadsTable, catalog.structuresTable]) {
    await session.query(`DELETE FROM ${table} WHERE vault = $1`, [name]);
  }
}
