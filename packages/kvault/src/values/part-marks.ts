import { type Access, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { isDead, type MarkOwner, noteEnded, noteRunning } from './mark-owner.ts';
import { MARK_KEY, partsTableOf } from './parts-table.ts';

interface Marked {
  readonly key: Buffer;
  readonly id: Buffer;
}

/** How many bytes of parts are written in one transaction, so that other writers hardly wait. */
export const SLICE_BYTES = 1024 * 1024;
/** How many are removed in one, which takes less time. */
const REMOVED_BYTES = 4 * SLICE_BYTES;

/**
 * Marks of parts that belong to no value, because they are being written or removed. The triggers leave such parts
 * alone. The table of parts must exist. Call everything but `find` inside a transaction.
 */
export class PartMarks {
  readonly #connection: Access;
  readonly #parts: string;

  constructor(connection: Access, table: string) {
    this.#connection = connection;
    this.#parts = `main.${quoteIdentifier(partsTableOf(table))}`;
  }

  add({ key, id }: Marked, owner: MarkOwner): void {
    noteRunning(id);
    this.#run(`INSERT INTO ${this.#parts} (key, id, part, data) VALUES (${MARK_KEY}, ?, 0, ?)`, id, encode(key, owner));
  }

  /** Says that the owner still works. Returns false if somebody has removed the mark. */
  renew({ key, id }: Marked, owner: MarkOwner): boolean {
    const sql = `UPDATE ${this.#parts} SET data = ? WHERE key = ${MARK_KEY} AND id = ? AND part = 0`;
    return this.#run(sql, encode(key, owner), id) > 0;
  }

  /** Returns false if somebody has removed the mark before. */
  remove(id: Buffer): boolean {
    return this.#run(`DELETE FROM ${this.#parts} WHERE key = ${MARK_KEY} AND id = ? AND part = 0`, id) > 0;
  }

  /** Removes a slice of marked parts, or their mark if no part is left. Returns whether anything is left. */
  removeSlice({ key, id }: Marked): boolean {
    const where = 'key = ? AND id = ?';
    const first = this.#connection.query<number>(
      `SELECT octet_length(data) FROM ${this.#parts} WHERE ${where} ORDER BY part LIMIT 1`,
      { pluck: true },
    );
    const length = this.#connection.read(() => first.get(key, id));
    if (length === undefined) {
      this.remove(id);
      noteEnded(id);
      return false;
    }
    const count = Math.max(1, Math.floor(REMOVED_BYTES / Math.max(1, length)));
    const sql =
      `DELETE FROM ${this.#parts} WHERE ${where} AND part IN ` +
      `(SELECT part FROM ${this.#parts} WHERE ${where} ORDER BY part LIMIT ${count})`;
    this.#run(sql, key, id, key, id);
    return true;
  }

  /** Returns the parts whose owner has ended without finishing its work. */
  findDead(): Marked[] {
    const all = this.#connection.query<{ id: unknown; data: unknown }>(
      `SELECT id, CAST(data AS TEXT) AS data FROM ${this.#parts} WHERE key = ${MARK_KEY}`,
    );
    const dead: Marked[] = [];
    for (const { id, data } of this.#connection.read(() => all.all())) {
      if (!Buffer.isBuffer(id)) continue;
      const mark = decode(String(data));
      if (mark && isDead(id, mark.owner)) dead.push({ key: mark.key, id });
    }
    return dead;
  }

  #run(sql: string, ...values: unknown[]): number {
    return this.#connection.write(() => this.#connection.statement(sql).run(...values).changes);
  }
}

function encode(key: Buffer, owner: MarkOwner): string {
  return JSON.stringify({ key: key.toString('hex'), ...owner });
}

function decode(data: string): { key: Buffer; owner: MarkOwner } | undefined {
  try {
    const { key, host, pid, thread, beat } = JSON.parse(data) as Record<string, unknown>;
    if (typeof key !== 'string' || typeof host !== 'string') return undefined;
    return {
      key: Buffer.from(key, 'hex'),
      owner: { host, pid: Number(pid), thread: Number(thread), beat: Number(beat) },
    };
  } catch {
    return undefined; // Damage, which verify reports.
  }
}
