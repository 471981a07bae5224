import type { Session } from '../client/session.ts';
import { type Catalog, lockSchema } from '../schema/catalog.ts';
import { quoteIdentifier, quoteLiteral } from '../schema/names.ts';

/** What the columns `due` of ready and of dead jobs have. Between, it is the time from which on a job may be taken. */
const READY = "'-infinity'::timestamptz";
const DEAD = "'infinity'::timestamptz";

/** How many jobs whose time is over one statement looks at. */
const LATE_AT_ONCE = 1_000;

/** The statements about jobs. They name their queue, by which the table can be distributed. */
export class JobSql {
  readonly table: string;
  readonly #index: string;
  readonly push: string;
  readonly take: string;
  readonly nextDue: string;
  readonly finish: string;
  readonly fail: string;
  readonly giveBack: string;
  readonly extend: string;
  readonly counts: string;
  readonly dead: string;
  readonly revive: string;
  readonly removeDead: string;
  readonly clear: string;
  /** The same for those who copy jobs: their states are those of a file. */
  readonly isThere: string;
  readonly queues: string;
  readonly copyPage: string;
  readonly copyOf: string;
  readonly put: string;
  readonly deleteMany: string;
  readonly size: string;

  constructor(catalog: Catalog) {
    const table = catalog.qualified('kohakuvault_jobs');
    this.table = table;
    this.#index = quoteIdentifier('kohakuvault_jobs_due');
    const now = 'statement_timestamp()';
    const later = (parameter: string) => `${now} + ${parameter}::float8 * interval '1 millisecond'`;
    const own = 'queue = $1 AND id = $2::int8 AND token = $3';
    const deadOnes = `queue = $1 AND due = ${DEAD} AND ($2::int8 IS NULL OR id = $2::int8)`;
    // All jobs, or none if an id is taken.
    this.push =
      `WITH pushed AS (INSERT INTO ${table} (queue, id, nth, due, attempts, value) ` +
      `SELECT $1, id::int8, nth::int4, CASE WHEN $4::float8 = 0 THEN ${READY} ELSE ${later('$4')} END, 0, value ` +
      'FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS given (id, value, nth) ' +
      'ON CONFLICT (queue, id) DO NOTHING RETURNING 1) ' +
      'SELECT (SELECT count(*) FROM pushed)::int4, pg_notify($5, $6)';
    const isOver = 'job.token IS NOT NULL AND job.attempts >= $3::int4';
    this.take =
      `WITH ready AS MATERIALIZED (SELECT id, at, nth FROM ${table} WHERE queue = $1 AND due = ${READY} ` +
      'ORDER BY at, nth LIMIT $2::int8 FOR UPDATE SKIP LOCKED), ' +
      `late AS MATERIALIZED (SELECT id, at, nth FROM ${table} WHERE queue = $1 AND due > ${READY} AND due <= ${now} ` +
      `ORDER BY due LIMIT ${LATE_AT_ONCE} FOR UPDATE SKIP LOCKED), ` +
      'chosen AS (SELECT id FROM (SELECT * FROM ready UNION ALL SELECT * FROM late) AS found ' +
      'ORDER BY at, nth, id LIMIT $2::int8) ' +
      `UPDATE ${table} AS job SET due = CASE WHEN ${isOver} THEN ${DEAD} ELSE ${later('$4')} END, ` +
      "error = CASE WHEN job.token IS NULL THEN job.error ELSE 'the worker did not finish it in time' END, " +
      `attempts = job.attempts + CASE WHEN ${isOver} THEN 0 ELSE 1 END, ` +
      `token = CASE WHEN ${isOver} THEN NULL ELSE $5::bytea END ` +
      'FROM chosen WHERE job.queue = $1 AND job.id = chosen.id ' +
      'RETURNING job.id::float8, job.attempts, job.value, job.token IS NOT NULL, ' +
      'extract(epoch FROM job.at)::float8, job.nth';
    this.nextDue =
      `SELECT CASE WHEN min(due) = ${READY} THEN 0 ELSE (extract(epoch FROM min(due) - ${now}) * 1000)::float8 END ` +
      `FROM ${table} WHERE queue = $1 AND due < ${DEAD}`;
    this.finish = `DELETE FROM ${table} WHERE ${own}`;
    this.fail =
      `WITH failed AS (UPDATE ${table} SET due = CASE WHEN $4::float8 IS NULL THEN ${DEAD} WHEN $4::float8 = 0 ` +
      `THEN ${READY} ELSE ${later('$4')} END, error = $5, token = NULL WHERE ${own} RETURNING 1) ` +
      'SELECT (SELECT count(*) FROM failed)::int4, pg_notify($6, $7)';
    this.giveBack = `UPDATE ${table} SET due = ${READY}, attempts = attempts - 1, token = NULL WHERE ${own}`;
    this.extend = `UPDATE ${table} SET due = ${later('$4')} WHERE ${own}`;
    this.counts =
      `SELECT count(*) FILTER (WHERE due <= ${now})::float8, ` +
      `count(*) FILTER (WHERE due > ${now} AND due < ${DEAD} AND token IS NULL)::float8, ` +
      `count(*) FILTER (WHERE due > ${now} AND token IS NOT NULL)::float8, ` +
      `count(*) FILTER (WHERE due = ${DEAD})::float8 FROM ${table} WHERE queue = $1`;
    this.dead =
      `SELECT id::float8, attempts, value, error FROM ${table} WHERE queue = $1 AND due = ${DEAD} ` +
      'ORDER BY at, nth, id LIMIT $2::int8';
    this.revive =
      `WITH revived AS (UPDATE ${table} SET due = ${READY}, attempts = 0 WHERE ${deadOnes} RETURNING 1) ` +
      'SELECT (SELECT count(*) FROM revived)::int4, pg_notify($3, $4)';
    this.removeDead = `DELETE FROM ${table} WHERE ${deadOnes}`;
    this.clear = `DELETE FROM ${table} WHERE queue = $1`;
    this.isThere = `SELECT to_regclass(${quoteLiteral(table)}) IS NOT NULL`;
    this.queues = `SELECT queue FROM ${table} GROUP BY queue ORDER BY queue COLLATE "C"`;
    const stored =
      `SELECT id::text, (CASE due WHEN ${READY} THEN 0 WHEN ${DEAD} THEN -1 ` +
      `ELSE floor(extract(epoch FROM due) * 1000) END)::float8, attempts, token, error, value FROM ${table} AS job WHERE queue = $1`;
    // Without the name of the table, they would be in the order of the texts.
    this.copyPage = `${stored} AND id > $2::int8 ORDER BY job.id LIMIT $3::int8`;
    this.copyOf = `${stored} AND id = ANY ($2::int8[])`;
    this.put =
      `INSERT INTO ${table} (queue, id, nth, due, attempts, token, error, value) ` +
      `SELECT $1, id, nth::int4, CASE due WHEN 0 THEN ${READY} WHEN -1 THEN ${DEAD} ` +
      "ELSE timestamptz 'epoch' + due * interval '1 millisecond' END, attempts, decode(token, 'hex'), error, value " +
      'FROM unnest($2::int8[], $3::float8[], $4::int4[], $5::text[], $6::text[], $7::bytea[]) WITH ORDINALITY ' +
      'AS given (id, due, attempts, token, error, value, nth) ON CONFLICT (queue, id) DO UPDATE SET ' +
      'due = excluded.due, attempts = excluded.attempts, token = excluded.token, error = excluded.error, ' +
      'value = excluded.value';
    this.deleteMany = `DELETE FROM ${table} WHERE queue = $1 AND id = ANY ($2::int8[])`;
    this.size = `SELECT count(*)::float8 FROM ${table} WHERE queue = $1`;
  }

  /** Makes the table if it is missing. */
  async make(session: Session, schema: string): Promise<void> {
    const { rows } = await session.query('SELECT to_regclass($1) IS NOT NULL', [this.table]);
    if (rows[0]?.[0] === true) return;
    await lockSchema(session);
    const found = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    if (found.rows.length === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
    await session.query(
      `CREATE TABLE IF NOT EXISTS ${this.table} (queue text NOT NULL, id int8 NOT NULL, ` +
        'at timestamptz NOT NULL DEFAULT clock_timestamp(), nth int4 NOT NULL, due timestamptz NOT NULL, ' +
        'attempts int4 NOT NULL, token bytea, error text, value bytea NOT NULL, PRIMARY KEY (queue, id))',
    );
    await session.query(`CREATE INDEX IF NOT EXISTS ${this.#index} ON ${this.table} (queue, due, at, nth)`);
  }
}
