import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { ClientConfig, Pool, PoolClient, PoolConfig, QueryArrayConfig, QueryArrayResult } from 'pg';
import { binaryArray, binaryTextArray } from './byte-arrays.ts';
import type { CopiedRow } from './copied-rows.ts';
import { CellsOut, CopyIn, CopyOut } from './copy-protocol.ts';
import { fromDriver, isLost, isUnavailable, isUnsent, unknownOutcome } from './driver-errors.ts';
import { preparedStatement, ROWS } from './prepared-statements.ts';
import {
  BinaryValue,
  ByteStrings,
  type ClientPool,
  type Listen,
  type Mode,
  type Parameter,
  type Result,
  type Session,
  TextStrings,
} from './session.ts';

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
    const session = new PgSession(client, this.#options.prepare);
    this.#sessions.set(client, session);
    return session;
  }
}

class PgSession implements Session {
  readonly #client: PoolClient;
  readonly #prepare: boolean;
  #lost: Error | undefined;
  constructor(client: PoolClient, prepare: boolean) {
    this.#client = client;
    this.#prepare = prepare;
    // A connection may end between two statements. Without a listener that would end the process.
    client.on('error', (error: Error) => {
      this.#lost ??= error;
    });
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  async query(text: string, parameters: readonly Parameter[] = [], once?: 'once'): Promise<Result> {
    const { rows, rowCount } = await this.#ours(this.#client.query(this.configOf(text, parameters, once)));
    return { rows, count: rowCount ?? 0 };
  }

  /** Returns a statement as the driver takes it. */
  configOf(text: string, parameters: readonly Parameter[], once?: 'once'): QueryArrayConfig {
    const values = parameters.map(driverValue);
    if (!this.#prepare || once) return { text, values, ...ROWS };
    // The driver copies each own member of what it gets, at some cost. What never changes is inherited.
    const query: QueryArrayConfig = Object.create(preparedStatement(text));
    query.values = values;
    return query;
  }

  /** Notes an error of the driver, and returns ours for it. */
  failed(error: unknown): KohakuVaultError {
    if (isLost(error)) this.#lost ??= error as Error;
    return fromDriver(error);
  }

  async users(text: string, parameters: readonly unknown[]): Promise<Record<string, unknown>[]> {
    try {
      const { rows } = await this.#client.query(text, parameters as unknown[]);
      return rows;
    } catch (error) {
      if (isLost(error)) this.#lost ??= error as Error;
      throw error;
    }
  }

  copyIn(text: string, rows: Buffer): Promise<void> {
    return this.#ours(
      new Promise((resolve, reject) => {
        this.#client.query(new CopyIn(text, rows, (error) => (error ? reject(error) : resolve())));
      }),
    );
  }

  async copyOut(text: string): Promise<readonly CopiedRow[]> {
    const copy = await this.#ours(
      new Promise<CopyOut>((resolve, reject) => {
        const copy = new CopyOut(text, (error) => (error ? reject(error) : resolve(copy)));
        this.#client.query(copy);
      }),
    );
    return copy.rows;
  }

  copyCells(text: string, skip: number, target: Buffer): Promise<number> {
    return this.#ours(
      new Promise((resolve, reject) => {
        const copy = new CellsOut(text, skip, target, (error) => (error ? reject(error) : resolve(copy.length)));
        this.#client.query(copy);
      }),
    );
  }

  async control(text: string): Promise<string> {
    const { command } = await this.#ours(this.#client.query(text));
    return command;
  }

  async commit(): Promise<void> {
    let command: string;
    try {
      command = await this.control('COMMIT');
    } catch (error) {
      throw this.#lost ? unknownOutcome(error) : error;
    }
    // The server answers so when a statement has failed, and nobody has looked at that.
    if (command !== 'COMMIT') {
      throw new KohakuVaultError('a statement of the transaction has failed, so PostgreSQL has rolled it back');
    }
  }

  async rollBack(): Promise<void> {
    if (this.#lost) return;
    try {
      await this.control('ROLLBACK');
    } catch (error) {
      this.#lost ??= error as Error;
    }
  }

  release(): void {
    // A connection of which something is unclear is not used again.
    this.#client.release(this.#lost);
  }

  /** Makes the driver's errors ours. */
  async #ours<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.failed(error);
    }
  }
}

function driverValue(parameter: Parameter): string | number | boolean | null | Uint8Array {
  if (typeof parameter !== 'object' || parameter instanceof Uint8Array) return parameter;
  if (parameter instanceof BinaryValue) return parameter.bytes;
  if (parameter instanceof ByteStrings) return binaryArray(parameter.items);
  return parameter instanceof TextStrings ? binaryTextArray(parameter.items) : parameter;
}
