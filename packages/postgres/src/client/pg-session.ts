import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { PoolClient, QueryArrayConfig } from 'pg';
import { binaryArray, binaryTextArray } from './byte-arrays.ts';
import type { CopiedRow } from './copied-rows.ts';
import { CopyIn, CopyOut } from './copy-protocol.ts';
import { fromDriver, isLost, unknownOutcome } from './driver-errors.ts';
import { preparedStatement, ROWS } from './prepared-statements.ts';
import { BinaryValue, ByteStrings, type Parameter, type Result, type Session, TextStrings } from './session.ts';

/** Returns the session of a connection. */
export function sessionOf(client: PoolClient, prepare: boolean): PgSession {
  return canCopy(client) ? new CopyingSession(client, prepare) : new PgSession(client, prepare);
}

/** Whether the driver is `pg` itself. Its native variant, and drivers that look like it, may have no COPY. */
function canCopy(client: PoolClient): boolean {
  const { connection } = client as PoolClient & { connection?: { sendCopyFromChunk?: unknown } };
  return typeof connection?.sendCopyFromChunk === 'function';
}

/** One connection of a pool of `pg`, for as long as a call uses it. */
export class PgSession implements Session {
  protected readonly client: PoolClient;
  readonly #prepare: boolean;
  #lost: Error | undefined;
  constructor(client: PoolClient, prepare: boolean) {
    this.client = client;
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
    const { rows, rowCount } = await this.ours(this.client.query(this.configOf(text, parameters, once)));
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
      const { rows } = await this.client.query(text, parameters as unknown[]);
      return rows;
    } catch (error) {
      if (isLost(error)) this.#lost ??= error as Error;
      throw error;
    }
  }

  async control(text: string): Promise<string> {
    const { command } = await this.ours(this.client.query(text));
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
    this.client.release(this.#lost);
  }

  /** Makes the driver's errors ours. */
  protected async ours<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.failed(error);
    }
  }
}

class CopyingSession extends PgSession {
  copyIn(text: string, rows: Buffer): Promise<void> {
    return this.ours(
      new Promise((resolve, reject) => {
        this.client.query(new CopyIn(text, rows, (error) => (error ? reject(error) : resolve())));
      }),
    );
  }

  async copyOut(text: string): Promise<readonly CopiedRow[]> {
    const copy = await this.ours(
      new Promise<CopyOut>((resolve, reject) => {
        const copy = new CopyOut(text, (error) => (error ? reject(error) : resolve(copy)));
        this.client.query(copy);
      }),
    );
    return copy.rows;
  }
}

function driverValue(parameter: Parameter): string | number | boolean | null | Uint8Array {
  if (typeof parameter !== 'object' || parameter instanceof Uint8Array) return parameter;
  if (parameter instanceof BinaryValue) return parameter.bytes;
  if (parameter instanceof ByteStrings) return binaryArray(parameter.items);
  return parameter instanceof TextStrings ? binaryTextArray(parameter.items) : parameter;
}
