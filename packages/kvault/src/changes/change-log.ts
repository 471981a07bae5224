import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { randomBytes } from '../values/random-bytes.ts';
import type { ChangeKind } from './change.ts';

/** What has happened to a key, as the log has it. The first row of a log is its origin. */
const ORIGIN = 0;
const SET = 1;
const DELETED = 2;

/** A log never has more changes than these, also if nobody trims it because the program that watched was killed. */
const MOST_CHANGES = 1_000_000;
/** After so many changes the trigger looks whether there are too many. */
const LOOK_EVERY = 4_096;

/** A change as the log has it. */
export interface LoggedChange {
  /** The number of the change. The next one has the next number. */
  readonly number: number;
  readonly kind: ChangeKind;
  readonly key: Buffer;
}

/** A place in a log: between a change and the next one. */
export interface LogPosition {
  /** The random id of the log, in hexadecimal. */
  readonly log: string;
  /** The number of the change before. */
  readonly number: number;
}

/** Returns the name of the table that has the log of a vault table's changes. */
export function changesTableOf(table: string): string {
  return `kohakuvault_changes_${table}`;
}

interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/** Returns the triggers that write the log, as SQLite keeps their text. They write only keys that vaults find: bytes. */
export function triggersOf(table: string): Trigger[] {
  const [log, values] = [quoteIdentifier(changesTableOf(table)), quoteIdentifier(table)];
  const last = 'last_insert_rowid()';
  const trim =
    `DELETE FROM ${log} WHERE ${last} % ${LOOK_EVERY} = 0 AND kind <> ${ORIGIN} ` +
    `AND number < ${last} - ${MOST_CHANGES};`;
  const trigger = (event: string, of: string, body: string) => {
    const name = `${changesTableOf(table)}_${event}`;
    const sql = `CREATE TRIGGER ${quoteIdentifier(name)} AFTER ${event}${of} ON ${values} BEGIN ${body} ${trim} END`;
    return { name, sql };
  };
  const note = (kind: number, row: 'OLD' | 'NEW', when = '') =>
    `INSERT INTO ${log} (kind, key) SELECT ${kind}, ${row}.key WHERE typeof(${row}.key) = 'blob'${when};`;
  return [
    trigger('insert', '', note(SET, 'NEW')),
    trigger('update', ' OF key, value', `${note(DELETED, 'OLD', ' AND OLD.key IS NOT NEW.key')} ${note(SET, 'NEW')}`),
    trigger('delete', '', note(DELETED, 'OLD')),
  ];
}

/**
 * The log of the changes of one table. It and the triggers that write it exist only while somebody watches. Numbers of
 * changes have no gaps, and changes are in the order of their commits, because SQLite has one writer at a time.
 */
export class ChangeLog {
  readonly table: string;
  readonly #connection: Access;
  readonly #name: string;

  constructor(connection: Access, table: string) {
    this.#connection = connection;
    this.table = table;
    this.#name = `main.${quoteIdentifier(changesTableOf(table))}`;
  }

  /** Whether changes are logged now. */
  get exists(): boolean {
    const find = this.#connection.query<number>(
      "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND name = ? COLLATE NOCASE",
      { pluck: true },
    );
    return this.#connection.read(() => find.get(`${changesTableOf(this.table)}_insert`)) !== undefined;
  }

  /** Begins the log if there is none. Call it inside a transaction, as everything that writes. */
  begin(): void {
    if (this.exists) return;
    const log = quoteIdentifier(changesTableOf(this.table));
    changeSchema(
      this.#connection,
      `DROP TABLE IF EXISTS main.${log}`,
      `CREATE TABLE main.${log} (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB NOT NULL)`,
      ...triggersOf(this.table).map(({ sql }) => sql.replace('CREATE TRIGGER ', 'CREATE TRIGGER main.')),
    );
    this.#write(`INSERT INTO ${this.#name} VALUES (0, ${ORIGIN}, ?)`, randomBytes(8));
  }

  /** Ends the log with its triggers. */
  end(): void {
    changeSchema(
      this.#connection,
      ...triggersOf(this.table).map(({ name }) => `DROP TRIGGER IF EXISTS main.${quoteIdentifier(name)}`),
      `DROP TABLE IF EXISTS ${this.#name}`,
    );
  }

  /** Returns the place after the last change. */
  get position(): LogPosition {
    const { id } = this.#origin();
    const last = this.#connection.query<number>(`SELECT max(number) FROM ${this.#name}`, { pluck: true });
    return { log: id, number: this.#connection.read(() => last.get()) as number };
  }

  /**
   * Returns changes that follow a place, at most so many. Throws `KV_STALE` if the log does not have all that followed
   * it.
   */
  readAfter({ log, number }: LogPosition, limit: number): LoggedChange[] {
    return this.#connection.consistently(() => {
      const origin = this.exists ? this.#origin() : undefined;
      if (origin?.id !== log || origin.number > number) throw this.#lost();
      const select = this.#connection.query<{ number: number; kind: number; key: Buffer }>(
        `SELECT number, kind, key FROM ${this.#name} WHERE number > ? ORDER BY number LIMIT ?`,
      );
      const rows = this.#connection.read(() => select.all(number, limit));
      const first = rows[0];
      if (first && first.number !== number + 1) throw this.#lost();
      return rows.map(({ number, kind, key }) => ({ number, kind: kind === SET ? 'set' : 'delete', key }));
    });
  }

  /** Adds a change that no trigger sees. */
  add(key: Buffer): void {
    this.#write(`INSERT INTO ${this.#name} (kind, key) VALUES (${SET}, ?)`, key);
  }

  /** Forgets the changes up to a number. */
  trim(number: number): void {
    const { number: before } = this.#origin();
    if (number <= before) return;
    this.#write(`DELETE FROM ${this.#name} WHERE number <= ? AND kind <> ${ORIGIN}`, number);
    this.#write(`UPDATE ${this.#name} SET number = ? WHERE number = ?`, number, before);
  }

  /** Returns the id of the log, and the number of the last change that it has forgotten. */
  #origin(): { id: string; number: number } {
    const first = this.#connection.query<{ number: number; key: Buffer }>(
      `SELECT number, key FROM ${this.#name} ORDER BY number LIMIT 1`,
    );
    const row = this.#connection.read(() => first.get());
    if (!row) throw this.#lost();
    return { id: row.key.toString('hex'), number: row.number };
  }

  #lost(): KohakuVaultError {
    return new KohakuVaultError(
      `the changes of ${quoteIdentifier(this.table)} after this position are not known any more, because nobody has ` +
        'watched since, or they are too old; read what you need again, and watch from now on: without since',
      { code: 'KV_STALE' },
    );
  }

  #write(sql: string, ...values: unknown[]): void {
    this.#connection.write(() => this.#connection.statement(sql).run(...values));
  }
}
