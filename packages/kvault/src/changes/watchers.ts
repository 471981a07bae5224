import { type Access, changeSchema, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';
import { isDead, type MarkOwner, noteEnded, noteRunning, thisOwner } from '../values/mark-owner.ts';
import { randomBytes } from '../values/random-bytes.ts';
import { ChangeLog, type LogPosition } from './change-log.ts';

const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

const TABLE = 'main.kohakuvault_watchers';
/** How often a watcher says that it still watches, and trims the log, in milliseconds. */
const BEAT = 10_000;
/** How soon it tries again if the file was busy. */
const SOON = 1_000;
/** So long the log has what a slow watcher has not read yet, in milliseconds. */
const PATIENCE = 10 * 60_000;

/** One watch of this thread. */
export interface Watcher {
  readonly id: Buffer;
  readonly log: ChangeLog;
  /** So long after its end changes are logged for a watch that goes on from its position, in milliseconds. */
  readonly keep: number;
  /** The number of the last change that it has read. */
  seen(): number;
}

interface WatcherRow {
  readonly id: Buffer;
  readonly table: string;
  readonly owner: string;
  readonly keep: number;
  readonly seen: number;
}

/** Where a log ended at some time. */
interface Mark {
  readonly time: number;
  readonly number: number;
}

/**
 * The watches of one connection, each with a row in the file that says who watches which table. Logs of tables that
 * nobody watches any more are ended by the first vault that notices.
 */
export class Watchers {
  readonly #shared: SharedConnection;
  readonly #watchers = new Set<Watcher>();
  /** Watches that have ended, and whose rows are still in the file. */
  readonly #ended = new Set<Watcher>();
  /** Where the logs of this connection ended at earlier beats, oldest first. */
  readonly #marks = new Map<string, Mark[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(shared: SharedConnection) {
    this.#shared = shared;
  }

  static of(connection: Access): Watchers {
    return connection.companion('watchers', (shared) => new Watchers(shared));
  }

  /**
   * Has the changes of a table logged from now on. Returns the place from which on the watcher reads: `since`, or after
   * the last change. Throws `KV_STALE` if the log does not have what has followed `since`.
   */
  add(watcher: Watcher, since: LogPosition | undefined): LogPosition {
    const { log, id } = watcher;
    // Before the row is written: nobody of this thread may take it for dead.
    noteRunning(id);
    try {
      const position = this.#shared.transaction(() => {
        if (since) log.readAfter(since, 1);
        makeTable(this.#shared);
        log.begin();
        const from = since ?? log.position;
        this.#insert(watcher, from.number);
        this.#renew();
        return from;
      });
      this.#watchers.add(watcher);
      this.#beatIn(BEAT);
      return position;
    } catch (error) {
      noteEnded(id);
      throw error;
    }
  }

  /** Ends a watch, and the log with the last one. If the file is busy, that happens soon. */
  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    noteEnded(watcher.id);
    this.#ended.add(watcher);
    this.#tryToEnd();
  }

  #tryToEnd(): void {
    const { database } = this.#shared;
    let isDone = false;
    try {
      // In a transaction of the user, a rollback would bring the rows back.
      if (!database.inTransaction) isDone = 'result' in this.#shared.tryTransaction(() => this.#end(), false);
    } catch {
      // The next beat tries again. If there is none, the next look at the file finds that the watch is over.
    }
    if (isDone) this.#ended.clear();
    this.#beatIn(isDone ? BEAT : SOON);
  }

  #end(): void {
    for (const { id, keep, log } of this.#ended) {
      const until = keep === 0 ? 0 : Date.now() + keep;
      if (hasTable(this.#shared)) this.#run(`UPDATE ${TABLE} SET owner = ? WHERE id = ?`, ownerText({ until }), id);
      this.#marks.delete(tableKey(log.table));
    }
    removeOver(this.#shared);
  }

  #beatIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#watchers.size === 0 && this.#ended.size === 0) return;
    this.#timer = setTimeout(() => this.#beat(), milliseconds).unref();
  }

  #beat(): void {
    const { database } = this.#shared;
    if (!database.open) return;
    if (this.#ended.size > 0) this.#tryToEnd();
    let isDone = false;
    try {
      if (!database.inTransaction) isDone = 'result' in this.#shared.tryTransaction(() => this.#renew(), false);
    } catch {
      // As a busy file: the log is longer for a while.
    }
    this.#beatIn(isDone ? BEAT : SOON);
  }

  /** Renews the rows of this connection's watches, and trims their logs. */
  #renew(): void {
    const owner = ownerText(thisOwner());
    makeTable(this.#shared);
    for (const watcher of this.#watchers) {
      const seen = watcher.seen();
      const renewed = this.#run(`UPDATE ${TABLE} SET owner = ?, seen = ? WHERE id = ?`, owner, seen, watcher.id);
      // Somebody took this watch for dead. If the log is another one by now, the next read finds that.
      if (renewed === 0 && watcher.log.exists) this.#insert(watcher, seen);
    }
    removeOver(this.#shared);
    const logs = new Map(Array.from(this.#watchers, ({ log }) => [tableKey(log.table), log]));
    for (const [table, log] of logs) if (log.exists) this.#trim(table, log);
  }

  /** Forgets what all watches have read and nobody wants kept, and what is older than anybody waits for. */
  #trim(table: string, log: ChangeLog): void {
    const now = Date.now();
    const rows = rowsOf(this.#shared).filter((row) => tableKey(row.table) === table);
    const keep = Math.max(...rows.map((row) => row.keep));
    const seen = Math.min(...rows.map((row) => row.seen));
    const marks = this.#marks.get(table) ?? [];
    marks.push({ time: now, number: log.position.number });
    const numberBefore = (time: number) => marks.findLast((mark) => mark.time <= time)?.number ?? 0;
    log.trim(Math.max(Math.min(seen, numberBefore(now - keep)), numberBefore(now - Math.max(keep, PATIENCE))));
    const oldest = now - Math.max(keep, PATIENCE);
    this.#marks.set(
      table,
      marks.filter((mark, at) => mark.time > oldest || (marks[at + 1]?.time ?? now) > oldest),
    );
  }

  #insert({ id, log, keep }: Watcher, seen: number): void {
    const sql = `INSERT OR REPLACE INTO ${TABLE} (id, "table", owner, keep, seen) VALUES (?, ?, ?, ?, ?)`;
    this.#run(sql, id, log.table, ownerText(thisOwner()), keep, seen);
  }

  #run(sql: string, ...values: unknown[]): number {
    return this.#shared.write(() => this.#shared.statement(sql).run(...values).changes);
  }
}

/** Returns the id of a new watch. */
export function newWatcherId(): Buffer {
  return randomBytes(16);
}

/** Ends the logs of watches that have ended without saying so, as in a process that was killed, if the file is free. */
export function endDeadWatches(connection: Access): void {
  const { shared } = connection;
  if (connection.readonly || shared.database.inTransaction || !hasTable(connection)) return;
  try {
    if (rowsOf(connection).some(isOver)) shared.tryTransaction(() => removeOver(connection), false);
  } catch {
    // To open a vault needs nothing of this. Who watches next finds the reason.
  }
}

/** Ends the log of a table that is dropped or renamed. Call it inside a transaction. */
export function endWatchesOf(connection: Access, table: string): void {
  if (!hasTable(connection)) return;
  new ChangeLog(connection, table).end();
  for (const { id } of rowsOf(connection).filter((row) => tableKey(row.table) === tableKey(table))) {
    connection.write(() => connection.statement(`DELETE FROM ${TABLE} WHERE id = ?`).run(id));
  }
}

/** Removes the rows of watches that are over, and the logs that nobody needs. Call it inside a transaction. */
function removeOver(connection: Access): void {
  if (!hasTable(connection)) return;
  const rows = rowsOf(connection);
  const over = rows.filter(isOver);
  const left = rows.filter((row) => !over.includes(row));
  const watched = new Set(left.map(({ table }) => tableKey(table)));
  for (const { id, table } of over) {
    connection.write(() => connection.statement(`DELETE FROM ${TABLE} WHERE id = ?`).run(id));
    if (!watched.has(tableKey(table))) new ChangeLog(connection, table).end();
  }
  if (left.length === 0) changeSchema(connection, `DROP TABLE ${TABLE}`);
}

function makeTable(connection: Access): void {
  changeSchema(
    connection,
    `CREATE TABLE IF NOT EXISTS ${TABLE} (id BLOB PRIMARY KEY, "table" TEXT NOT NULL, owner TEXT NOT NULL, ` +
      'keep INTEGER NOT NULL, seen INTEGER NOT NULL)',
  );
}

function hasTable(connection: Access): boolean {
  const find = connection.query<number>(
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'kohakuvault_watchers'",
    { pluck: true },
  );
  return connection.read(() => find.get()) !== undefined;
}

function rowsOf(connection: Access): WatcherRow[] {
  const all = connection.query<WatcherRow>(`SELECT id, "table", owner, keep, seen FROM ${TABLE}`);
  return connection.read(() => all.all());
}

/** Who has a row: who watches, or until when a watch that has ended keeps its log. */
type Owner = MarkOwner | { readonly until: number };

function ownerText(owner: Owner): string {
  return JSON.stringify(owner);
}

function isOver({ id, owner, keep }: WatcherRow): boolean {
  const found = ownerOf(owner);
  const now = Date.now();
  if (found === undefined) return true;
  if ('until' in found) return found.until < now;
  return isDead(id, found) && now - found.beat > keep;
}

/** Returns undefined for a text that nobody of ours has written. */
function ownerOf(text: string): Owner | undefined {
  try {
    const { until, host, pid, thread, beat } = JSON.parse(text) as Record<string, unknown>;
    if (typeof until === 'number') return { until };
    if (typeof host !== 'string') return undefined;
    return { host, pid: Number(pid), thread: Number(thread), beat: Number(beat) };
  } catch {
    return undefined;
  }
}
