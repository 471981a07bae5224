import type { CopiedJobs, StoredJobRow } from '@kohakuvault/kvault/internal';
import { ByteStrings, type Session, TextStrings } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { pagesOf } from '../execution/pages.ts';
import type { Catalog } from '../schema/catalog.ts';
import { JobSql } from './job-sql.ts';
import { newsOfJobs } from './news-of-jobs.ts';

/** The method by which a store gives the jobs of a queue as they are stored. */
export const storedJobs: unique symbol = Symbol('kohakuvault.stored jobs');

/** Returns the queues of a store that have jobs. */
export async function queuesOf(catalog: Catalog, executor: Executor): Promise<string[]> {
  const sql = new JobSql(catalog);
  const { rows } = await executor.read((session) => session.query(sql.isThere));
  if (rows[0]?.[0] !== true) return [];
  const found = await executor.read((session) => session.query(sql.queues));
  return found.rows.map(([queue]) => queue as string);
}

/** The jobs of one queue of a store as they are stored. */
export class JobRows implements CopiedJobs {
  readonly #catalog: Catalog;
  readonly #executor: Executor;
  readonly #queue: string;
  readonly #sql: JobSql;

  constructor(catalog: Catalog, executor: Executor, queue: string) {
    this.#catalog = catalog;
    this.#executor = executor;
    this.#queue = queue;
    this.#sql = new JobSql(catalog);
  }

  async *rows(): AsyncGenerator<StoredJobRow, void, undefined> {
    await this.#make();
    const first = { after: -(2n ** 63n), limit: Number.MAX_SAFE_INTEGER };
    const pages = pagesOf(this.#executor, first, {
      read: ({ after }, limit) =>
        this.#executor.read((session) => this.#read(session, this.#sql.copyPage, [this.#queue, String(after), limit])),
      after: ({ limit }, { id }: StoredJobRow, count) => ({ after: id, limit: limit - count }),
      lengthOf: ({ value }) => value.length,
    });
    for await (const page of pages) yield* page;
  }

  async rowsOf(ids: readonly bigint[]): Promise<StoredJobRow[]> {
    await this.#make();
    return await this.#executor.read((session) =>
      this.#read(session, this.#sql.copyOf, [this.#queue, `{${ids.join()}}`]),
    );
  }

  async put(jobs: readonly StoredJobRow[]): Promise<void> {
    await this.#make();
    await this.#executor.atomically(async (session) => {
      await session.query(this.#sql.put, [
        this.#queue,
        `{${jobs.map(({ id }) => id).join()}}`,
        `{${jobs.map(({ due }) => due).join()}}`,
        `{${jobs.map(({ attempts }) => attempts).join()}}`,
        new TextStrings(jobs.map(({ token }) => token?.toString('hex') ?? null)),
        new TextStrings(jobs.map(({ error }) => error)),
        new ByteStrings(jobs.map(({ value }) => value)),
      ]);
      // Workers that wait look again.
      await session.query('SELECT pg_notify($1, $2)', [...newsOfJobs(this.#catalog, this.#queue)]);
    });
  }

  async deleteMany(ids: readonly bigint[]): Promise<void> {
    await this.#make();
    await this.#executor.write((session) => session.query(this.#sql.deleteMany, [this.#queue, `{${ids.join()}}`]));
  }

  async size(): Promise<number> {
    await this.#make();
    const { rows } = await this.#executor.read((session) => session.query(this.#sql.size, [this.#queue]));
    return rows[0]?.[0] as number;
  }

  async #make(): Promise<void> {
    await this.#executor.atomically((session) => this.#sql.make(session, this.#catalog.schema));
  }

  async #read(session: Session, text: string, parameters: readonly (string | number)[]): Promise<StoredJobRow[]> {
    const { rows } = await session.query(text, parameters);
    return rows.map((row) => {
      const [id, due, attempts, token, error, value] = row as [
        string,
        number,
        number,
        Buffer | null,
        string | null,
        Buffer,
      ];
      return { id: BigInt(id), due, attempts, token, error, value };
    });
  }
}
