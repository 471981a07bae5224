import { InvalidArgument, KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  type Database,
  fromBetterSqlite3,
  openDatabase,
} from '@kohakuvault/core-native/internal/database';
import type { TaskContext } from '../work/task.ts';
import { checkReading } from './read-only.ts';

type Statement = ReturnType<Database['prepare']>;

/** A connection of its own for statements of people, which cannot write. */
export class PrivateReader implements Disposable {
  readonly #database: Database;
  readonly #connection: Connection;
  /** A database in memory has one connection only. */
  readonly #isShared: boolean;

  readonly #interruptible: (alarm: number) => void;

  constructor({ file, interruptible }: Pick<TaskContext, 'file' | 'interruptible'>) {
    this.#interruptible = interruptible;
    const { shared } = file.connection;
    this.#isShared = shared.file === '';
    this.#database = this.#isShared ? shared.database : shared.openAgain({ readonly: true });
    try {
      if (!this.#isShared) {
        this.#database.pragma('query_only = ON');
        // Functions that are not marked as harmless do not run from views, and neither do virtual tables.
        this.#database.pragma('trusted_schema = OFF');
      }
      // The core's tables, by which SQL reads columns.
      this.#connection = openDatabase(this.#database);
    } catch (error) {
      if (!this.#isShared) this.#database.close();
      throw error;
    }
  }

  get database(): Database {
    return this.#database;
  }

  /** Prepares a statement that only reads. */
  prepare(sql: string): Statement {
    checkReading(sql);
    const statement = translated(() => this.#database.prepare(sql));
    if (statement.readonly && statement.reader) return statement;
    throw new KohakuVaultError('the statement could change the file; the Studio runs statements that only read', {
      code: 'KV_READONLY',
    });
  }

  /** Returns the rows of a statement, which SQLite ends after so many milliseconds. */
  *rows(statement: Statement, parameters: readonly unknown[], milliseconds: number): Generator<unknown[]> {
    const { binding } = nativeCore();
    const { handle } = this.#connection;
    const until = performance.now() + milliseconds;
    this.#interruptible(binding.limitTime(handle, milliseconds));
    try {
      const rows = statement
        .raw(true)
        .safeIntegers(true)
        .iterate(...parameters) as IterableIterator<unknown[]>;
      for (const row of rows) {
        if (performance.now() > until) throw tooLong(milliseconds);
        yield row;
      }
    } catch (error) {
      const known = asWritten(error);
      throw known instanceof KohakuVaultError && known.code === 'KV_TIMEOUT' ? tooLong(milliseconds) : known;
    } finally {
      binding.limitTime(handle, -1);
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
    if (!this.#isShared) this.#database.close();
  }
}

function tooLong(milliseconds: number): KohakuVaultError {
  return new KohakuVaultError(
    `the statement took longer than ${milliseconds / 1000} s and was ended; ask for less, or raise the time limit`,
    { code: 'KV_TIMEOUT' },
  );
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asWritten(error);
  }
}

/** An error that SQLite has no code for is about what the person has written. */
function asWritten(error: unknown): unknown {
  const known = fromBetterSqlite3(error);
  if (known instanceof KohakuVaultError) {
    return known.code === 'KV_ERROR' ? new InvalidArgument(known.message, { cause: error }) : known;
  }
  // better-sqlite3 refuses several statements, and parameters of another number, by errors of JavaScript.
  const isRefusal = error instanceof RangeError || error instanceof TypeError;
  return isRefusal ? new InvalidArgument(error.message, { cause: error }) : known;
}
