import type { Access } from '@kohakuvault/core-native/internal/database';

/** A key, and when its entry expires. */
export type TimeOfKey = readonly [key: Buffer, time: number];

/** So many times are put by one statement if there are as many. */
const ROWS_AT_ONCE = 32;

/** Writes when entries expire that have just been written. Call it inside their transaction. */
export class TimeWrites {
  readonly #connection: Access;
  readonly #putOne: string;
  readonly #putMany: string;
  readonly #bringForward: string;
  readonly #drop: string;

  /** `times` is the quoted name of the table of times. */
  constructor(connection: Access, times: string) {
    this.#connection = connection;
    this.#putOne = putOf(times, 1);
    this.#putMany = putOf(times, ROWS_AT_ONCE);
    this.#bringForward = `UPDATE ${times} SET expires_at = ?, due_at = ? WHERE key = ? AND due_at > ?`;
    this.#drop = `DELETE FROM ${times} WHERE key = ?`;
  }

  put(key: Buffer, time: number): void {
    const put = this.#connection.statement(this.#putOne);
    const { changes } = this.#connection.write(() => put.run(key, time, time));
    if (changes === 0) this.#expireEarlier([key, time]);
  }

  /** Puts many. If a key comes twice, its last time counts. */
  putMany(entries: readonly TimeOfKey[]): void {
    // In the order of the keys, neighbors are on one page.
    const sorted = entries.toSorted(([one], [other]) => Buffer.compare(one, other));
    const whole = sorted.length - (sorted.length % ROWS_AT_ONCE);
    const put = this.#connection.statement(this.#putMany);
    const parameters: unknown[] = [];
    for (let at = 0; at < whole; at += ROWS_AT_ONCE) {
      for (let row = 0; row < ROWS_AT_ONCE; row++) {
        const [key, time] = sorted[at + row] as TimeOfKey;
        parameters[row * 3] = key;
        parameters[row * 3 + 1] = parameters[row * 3 + 2] = time;
      }
      const { changes } = this.#connection.write(() => put.run(...parameters));
      if (changes === ROWS_AT_ONCE) continue;
      for (const entry of sorted.slice(at, at + ROWS_AT_ONCE)) this.#expireEarlier(entry);
    }
    for (const [key, time] of sorted.slice(whole)) this.put(key, time);
  }

  drop(key: Buffer): void {
    const drop = this.#connection.statement(this.#drop);
    this.#connection.write(() => drop.run(key));
  }

  /** Sets the time of an entry if its row is due later than that. */
  #expireEarlier([key, time]: TimeOfKey): void {
    const change = this.#connection.statement(this.#bringForward);
    this.#connection.write(() => change.run(time, time, key, time));
  }
}

/** Returns the SQL that puts times of rows. One that is due already stays where it is in the index. */
function putOf(times: string, rows: number): string {
  return (
    `INSERT INTO ${times} (key, expires_at, due_at) VALUES ${Array(rows).fill('(?, ?, ?)').join(', ')} ` +
    'ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE due_at <= excluded.expires_at'
  );
}
