import type { ClientConfig, Pool, PoolClient, PoolConfig, QueryArrayConfig, QueryArrayResult } from 'pg';
import { fromDriver, isUnavailable, isUnsent, unknownOutcome } from './driver-errors.ts';
import { type PgSession, sessionOf } from './pg-session.ts';
import type { ClientPool, Listen, Mode, Parameter, Result, Session } from './session.ts';

export interface PgPoolOptions {
  /** Whether the pool ends with the store. */
  readonly owned: boolean;
  /** Whether connections keep statements prepared. */
  readonly prepare: boolean;
}

/** The connections of a pool of `pg`. */
export class PgPool implements ClientPool {
  readonly #pool: Pool;
  readonly #options: PgPoolOptions;
  /** A connection is lent to one call at a time, so all of them use one session. */
  readonly #sessions = new WeakMap<PoolClient, PgSession>();

  constructor(pool: Pool, options: PgPoolOptions) {
    this.#pool = pool;
    this.#options = options;
    // Without a listener, the end of an idle connection would end the process. The pool makes another one.
    if (options.owned) pool.on('error', () => {});
  }

  ask(text: string, parameters: readonly Parameter[], kind: 'read' | 'write'): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pool.connect((error, client) => {
        if (error || !client) return reject(fromDriver(error));
        const session = this.#sessionOf(client);
        let query: QueryArrayConfig;
        try {
          query = session.configOf(text, parameters);
        } catch (error) {
          session.release();
          return reject(error);
        }
        client.query(query, (error: Error | undefined, result: QueryArrayResult) => {
          if (!error) {
            session.release();
            return resolve({ rows: result.rows, count: result.rowCount ?? 0 });
          }
          const ours = session.failed(error);
          session.release();
          const isUnknown = kind === 'write' && session.lost && isUnavailable(ours) && !isUnsent(ours);
          reject(isUnknown ? unknownOutcome(ours) : ours);
        });
      });
    });
  }

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#session();
    try {
      return await work(session);
    } finally {
      session.release();
    }
  }

  async transaction<T>(mode: Mode, body: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#session();
    try {
      await session.control(`BEGIN ${mode}`);
      let result: T;
      try {
        result = await body(session);
      } catch (error) {
        await session.rollBack();
        throw error;
      }
      await session.commit();
      return result;
    } finally {
      session.release();
    }
  }

  readonly listen: Listen = async (channel, onTopic, onLost) => {
    // As the pool makes its own: one of those would be missing from the calls.
    const { Client, options } = this.#pool as Pool & { Client?: typeof import('pg').Client; options?: PoolConfig };
    if (!Client || !options) return undefined;
    const client = new Client(options as ClientConfig);
    client.on('error', () => {});
    client.on('notification', ({ payload }) => onTopic(payload ?? ''));
    try {
      await client.connect();
      client.on('end', onLost);
      (client as { unref?: () => void }).unref?.();
      await client.query(`LISTEN "${channel}"`);
    } catch (error) {
      await client.end().catch(() => {});
      throw fromDriver(error);
    }
    return () => client.end();
  };

  async end(): Promise<void> {
    if (this.#options.owned) await this.#pool.end();
  }

  async #session(): Promise<PgSession> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw fromDriver(error);
    }
    return this.#sessionOf(client);
  }

  #sessionOf(client: PoolClient): PgSession {
    const known = this.#sessions.get(client);
    if (known) return known;
    const session = sessionOf(client, this.#options.prepare);
    this.#sessions.set(client, session);
    return session;
  }
}
