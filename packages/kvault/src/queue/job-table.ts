import { type Connection, changeSchema, type Query } from '@kohakuvault/core-native/internal/database';
import { randomBytes } from '../values/random-bytes.ts';
import type { QueueCounts } from './options.ts';

/** The table of the jobs of all queues of a file. */
export const JOBS = 'kohakuvault_jobs';
const TABLE = `main.${JOBS}`;

/**
 * The states of a job, as its column `due` has them. Above 0 it is the time from which on the job may be taken, in
 * milliseconds since 1970: the end of a delay, or of the time of the worker that has it.
 */
const READY = 0;
const DEAD = -1;

/** A job as it is stored. */
export interface StoredJob {
  readonly id: number;
  /** How often a worker has taken it. */
  readonly attempts: number;
  readonly value: Buffer;
}

export interface DeadRow extends StoredJob {
  readonly error: string | null;
}

/** Who may end a job: the worker that has taken it last. */
export interface Claim {
  readonly id: number;
  readonly token: Buffer;
}

/** The state of a job that was not finished. */
interface Failed {
  readonly due: number;
  readonly error: string | undefined;
}

/** The jobs of one queue, in the table that has those of all queues of a file. */
export class JobTable {
  readonly #connection: Connection;
  readonly #queue: string;

  constructor(connection: Connection, queue: string) {
    this.#connection = connection;
    this.#queue = queue;
  }

  /** Makes the table if it is missing. */
  make(): void {
    const find = this.#query<number>("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?");
    if (this.#connection.read(() => find.get(JOBS)) !== undefined) return;
    // A rollback would take the table away again.
    this.#connection.refuseInTransaction('the first queue() of a file');
    changeSchema(
      this.#connection,
      `CREATE TABLE IF NOT EXISTS ${TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, ` +
        'due INTEGER NOT NULL, attempts INTEGER NOT NULL, token BLOB, error TEXT, value BLOB NOT NULL)',
      `CREATE INDEX IF NOT EXISTS main.${JOBS}_due ON ${JOBS} (queue, due)`,
    );
  }

  /** Adds jobs. Returns their ids. Call it inside a transaction, as `take`. */
  push(values: readonly Buffer[], delay: number): number[] {
    const due = delay === 0 ? READY : Date.now() + delay;
    const insert = this.#connection.statement(`INSERT INTO ${TABLE} (queue, due, attempts, value) VALUES (?, ?, 0, ?)`);
    return values.map((value) =>
      Number(this.#connection.write(() => insert.run(this.#queue, due, value)).lastInsertRowid),
    );
  }

  /** Whether a job can be taken, without the write lock. */
  get hasWork(): boolean {
    const find = this.#query<number>(`SELECT 1 FROM ${TABLE} WHERE queue = ? AND due BETWEEN ${READY} AND ? LIMIT 1`);
    return this.#connection.read(() => find.get(this.#queue, Date.now())) !== undefined;
  }

  /** Returns when a job can be taken next that waits for its time; undefined if none does. */
  get nextDue(): number | undefined {
    const find = this.#query<number | null>(`SELECT min(due) FROM ${TABLE} WHERE queue = ? AND due > ${READY}`);
    return this.#connection.read(() => find.get(this.#queue)) ?? undefined;
  }

  /** Takes the first jobs, at most so many, for so many milliseconds. */
  take(limit: number, visibility: number, maxAttempts: number): { jobs: StoredJob[]; token: Buffer } {
    const now = Date.now();
    this.#run(
      `UPDATE ${TABLE} SET due = CASE WHEN token IS NOT NULL AND attempts >= ? THEN ${DEAD} ELSE ${READY} END,
        error = CASE WHEN token IS NULL THEN error ELSE 'the worker did not finish it in time' END, token = NULL
        WHERE queue = ? AND due > ${READY} AND due <= ?`,
      maxAttempts,
      this.#queue,
      now,
    );
    const select = this.#connection.query<StoredJob>(
      `SELECT id, attempts + 1 AS attempts, value FROM ${TABLE} WHERE queue = ? AND due = ${READY} ORDER BY id LIMIT ?`,
    );
    const jobs = this.#connection.read(() => select.all(this.#queue, limit));
    const token = randomBytes(8);
    for (const { id } of jobs) {
      const sql = `UPDATE ${TABLE} SET due = ?, token = ?, attempts = attempts + 1 WHERE id = ?`;
      this.#run(sql, now + visibility, token, id);
    }
    return { jobs, token };
  }

  /** Removes a finished job. Returns whether it was still that worker's, as all that follows. */
  finish({ id, token }: Claim): boolean {
    return this.#run(`DELETE FROM ${TABLE} WHERE id = ? AND token = ?`, id, token) > 0;
  }

  /** Puts a job back that was not finished. */
  fail({ id, token }: Claim, { due, error }: Failed): boolean {
    const sql = `UPDATE ${TABLE} SET due = ?, error = ?, token = NULL WHERE id = ? AND token = ?`;
    return this.#run(sql, due, error ?? null, id, token) > 0;
  }

  /** Puts jobs back that were not begun. */
  giveBack(claims: readonly Claim[]): void {
    const sql = `UPDATE ${TABLE} SET due = ${READY}, attempts = attempts - 1, token = NULL WHERE id = ? AND token = ?`;
    this.#connection.transaction(() => {
      for (const { id, token } of claims) this.#run(sql, id, token);
    });
  }

  extend({ id, token }: Claim, until: number): boolean {
    return this.#run(`UPDATE ${TABLE} SET due = ? WHERE id = ? AND token = ?`, until, id, token) > 0;
  }

  get counts(): QueueCounts {
    const count = this.#connection.query<QueueCounts>(
      `SELECT count(*) FILTER (WHERE due = ${READY} OR due BETWEEN 1 AND ?) AS ready,
        count(*) FILTER (WHERE due > ? AND token IS NULL) AS delayed,
        count(*) FILTER (WHERE due > ? AND token IS NOT NULL) AS taken,
        count(*) FILTER (WHERE due = ${DEAD}) AS dead FROM ${TABLE} WHERE queue = ?`,
    );
    const now = Date.now();
    return this.#connection.read(() => count.get(now, now, now, this.#queue)) as QueueCounts;
  }

  /** Returns dead letters, oldest first. */
  dead(limit: number): DeadRow[] {
    const select = this.#connection.query<DeadRow>(
      `SELECT id, attempts, value, error FROM ${TABLE} WHERE queue = ? AND due = ${DEAD} ORDER BY id LIMIT ?`,
    );
    return this.#connection.read(() => select.all(this.#queue, limit));
  }

  /** Has dead letters tried again, one of them or all. Returns how many. */
  revive(id: number | undefined): number {
    return this.#runOnDead(`UPDATE ${TABLE} SET due = ${READY}, attempts = 0`, id);
  }

  /** Removes dead letters, one of them or all. Returns how many. */
  removeDead(id: number | undefined): number {
    return this.#runOnDead(`DELETE FROM ${TABLE}`, id);
  }

  /** Removes all jobs. Returns how many. */
  clear(): number {
    return this.#run(`DELETE FROM ${TABLE} WHERE queue = ?`, this.#queue);
  }

  #runOnDead(change: string, id: number | undefined): number {
    const where = `WHERE queue = ? AND due = ${DEAD}`;
    return id === undefined
      ? this.#run(`${change} ${where}`, this.#queue)
      : this.#run(`${change} ${where} AND id = ?`, this.#queue, id);
  }

  #query<T>(sql: string): Query<T> {
    return this.#connection.query<T>(sql, { pluck: true });
  }

  #run(sql: string, ...values: unknown[]): number {
    return this.#connection.write(() => this.#connection.statement(sql).run(...values).changes);
  }
}

/** When a job is due that failed and is tried again after so many milliseconds. */
export function dueIn(delay: number): number {
  return delay === 0 ? READY : Date.now() + delay;
}

/** The state of a job that is not tried again. */
export const NEVER = DEAD;
