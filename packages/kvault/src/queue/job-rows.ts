import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, type Database, schemaTables } from '@kohakuvault/core-native/internal/database';
import type { CopiedJobs, StoredJobRow } from './copied-jobs.ts';
import { JOBS, JobTable } from './job-table.ts';

/** How many jobs are read together. */
const PAGE = 256;
const COLUMNS = 'id, due, attempts, token, error, value';

interface Row {
  readonly id: bigint;
  readonly due: bigint;
  readonly attempts: bigint;
  readonly token: Buffer | null;
  readonly error: string | null;
  readonly value: Buffer;
}

/** Returns the queues of a file that have jobs. */
export function queuesOf(database: Database): string[] {
  if (!schemaTables(database).some(({ name }) => name === JOBS)) return [];
  return database.prepare(`SELECT DISTINCT queue FROM main.${JOBS} ORDER BY queue`).pluck().all() as string[];
}

/** The jobs of one queue of a file as they are stored. */
export class JobRows implements CopiedJobs {
  readonly #connection: Connection;
  readonly #queue: string;

  constructor(connection: Connection, queue: string) {
    this.#connection = connection;
    this.#queue = queue;
    if (!connection.readonly) new JobTable(connection, queue).make();
  }

  async *rows(): AsyncGenerator<StoredJobRow, void, undefined> {
    const sql = `SELECT ${COLUMNS} FROM main.${JOBS} WHERE queue = ? AND id > ? ORDER BY id LIMIT ${PAGE}`;
    for (let after = -(2n ** 63n); ; ) {
      const page = this.#read(sql, this.#queue, after);
      yield* page;
      const last = page.at(-1);
      if (!last) return;
      after = last.id;
    }
  }

  async rowsOf(ids: readonly bigint[]): Promise<StoredJobRow[]> {
    const sql = `SELECT ${COLUMNS} FROM main.${JOBS} WHERE queue = ? AND id = ?`;
    return ids.flatMap((id) => this.#read(sql, this.#queue, id));
  }

  async put(jobs: readonly StoredJobRow[]): Promise<void> {
    const sql =
      `INSERT INTO main.${JOBS} (queue, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET ` +
      'due = excluded.due, attempts = excluded.attempts, token = excluded.token, error = excluded.error, ' +
      'value = excluded.value WHERE queue = excluded.queue';
    this.#connection.transaction(() => {
      for (const { id, due, attempts, token, error, value } of jobs) {
        if (this.#run(sql, this.#queue, id, due, attempts, token, error, value) === 1) continue;
        throw new InvalidArgument(
          `copy: the file has a job ${id} in another queue than ${describe(this.#queue)}. In a file the ids of all ` +
            'queues differ: have the jobs of one of these queues done first',
        );
      }
    });
  }

  async deleteMany(ids: readonly bigint[]): Promise<void> {
    const sql = `DELETE FROM main.${JOBS} WHERE queue = ? AND id = ?`;
    this.#connection.transaction(() => {
      for (const id of ids) this.#run(sql, this.#queue, id);
    });
  }

  async size(): Promise<number> {
    const sql = `SELECT count(*) FROM main.${JOBS} WHERE queue = ?`;
    const count = this.#connection.query<number>(sql, { pluck: true });
    return this.#connection.read(() => count.get(this.#queue)) ?? 0;
  }

  #read(sql: string, queue: string, id: bigint): StoredJobRow[] {
    const query = this.#connection.query<Row>(sql, { bigints: true });
    const rows = this.#connection.read(() => query.all(queue, id));
    return rows.map(({ due, attempts, ...row }) => ({ ...row, due: Number(due), attempts: Number(attempts) }));
  }

  #run(sql: string, ...values: unknown[]): number {
    return this.#connection.write(() => this.#connection.statement(sql).run(...values).changes);
  }
}
