import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, lockSchema } from '../schema/catalog.ts';
import { ChangeLog, type LogPlace } from './change-log.ts';
import { ChangeTables } from './change-tables.ts';

const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');

/** How long a watch may show no sign of life before it is taken for dead, in milliseconds. */
export const GRACE = 30_000;
/** So long the log has what a slow watch has not read yet, in milliseconds. */
const PATIENCE = 10 * 60_000;
/** How long triggers are waited for, in milliseconds: others wait behind that. */
const LOCK_MS = 200;
/** How often that is tried, and the pause between. */
const TRIES = 50;
const PAUSE_MS = 100;

/** A watch, as the server keeps it. */
export interface Watcher {
  readonly id: string;
  readonly vault: string;
  /** So long after its end changes are logged for a watch that goes on from its position, in milliseconds. */
  readonly keep: number;
}

/** The watches of a store, each with a row that says who watches which vault, and how far it has read. */
export class Watchers {
  readonly #executor: Executor;
  readonly #tables: ChangeTables;

  constructor(executor: Executor, catalog: Catalog) {
    this.#executor = executor;
    this.#tables = new ChangeTables(catalog);
  }

  logOf(vault: string): ChangeLog {
    return new ChangeLog(this.#tables, vault);
  }

  /** Has the changes of a vault logged from now on. Returns from where the watch reads: `since`, or what comes now. */
  async add(watcher: Watcher, since: LogPlace | undefined, signal: AbortSignal | undefined): Promise<LogPlace> {
    return await untilFree(signal, () =>
      this.#executor.atomically(async (session) => {
        await lockSchema(session);
        await this.#tables.make(session);
        await session.query("SELECT set_config('lock_timeout', $1, true)", [String(LOCK_MS)]);
        const log = this.logOf(watcher.vault);
        const now = await log.begin(session);
        if (since) await log.readIn(session, since, 1);
        const from = since ?? now;
        await this.#insert(session, watcher, from);
        return from;
      }),
    );
  }

  /** Says that a watch goes on, and how far it has read. Forgets what nobody wants any more. */
  async renew(watcher: Watcher, { log, number, change }: LogPlace): Promise<void> {
    const { watchers, logs } = this.#tables;
    await this.#executor.atomically(async (session) => {
      const { count } = await session.query(
        `UPDATE ${watchers} SET number = $2::int8, change = $3::int8,
          until = statement_timestamp() + ($4::float8 + keep) * interval '1 millisecond' WHERE id = $1::uuid`,
        [watcher.id, number, change, GRACE],
      );
      if (count > 0) return;
      // Somebody took this watch for dead. If the log is another one by now, the next read finds that.
      const { rows } = await session.query(`SELECT 1 FROM ${logs} WHERE vault = $1 AND log = $2`, [watcher.vault, log]);
      if (rows.length > 0) await this.#insert(session, watcher, { log, number, change });
    });
    await this.#trim(watcher.vault);
    await this.endDead();
  }

  /** Ends a watch, and the log with the last one, unless that is wanted longer. */
  async remove({ id, keep }: Watcher): Promise<void> {
    await this.#executor.write((session) =>
      session.query(
        `UPDATE ${this.#tables.watchers} SET until = statement_timestamp() + $2::float8 * interval '1 millisecond'
          WHERE id = $1::uuid`,
        [id, keep],
      ),
    );
    await untilFree(undefined, () => this.endDead());
  }

  /** Ends the logs of vaults that nobody watches any more. */
  async endDead(): Promise<void> {
    const { watchers, logs } = this.#tables;
    const dead = `until <= statement_timestamp()`;
    const found = await this.#executor.read(async (session) => {
      if (!(await this.#tables.exist(session))) return [];
      const { rows } = await session.query(
        `SELECT vault FROM ${logs} AS log WHERE NOT EXISTS
          (SELECT 1 FROM ${watchers} AS own WHERE own.vault = log.vault AND NOT ${dead})`,
      );
      return rows.map(([vault]) => vault as string);
    });
    for (const vault of found) {
      await this.#executor.atomically(async (session) => {
        await lockSchema(session);
        const { rows } = await session.query(`SELECT 1 FROM ${watchers} WHERE vault = $1 AND NOT ${dead}`, [vault]);
        if (rows.length > 0) return;
        await session.query("SELECT set_config('lock_timeout', $1, true)", [String(LOCK_MS)]);
        await this.#tables.dropTriggers(session, vault);
        await this.#tables.forget(session, vault);
      });
    }
  }

  /** Forgets what all watches have read and nobody wants kept, and what is older than anybody waits for. */
  async #trim(vault: string): Promise<void> {
    const { watchers, logs, commits, changes } = this.#tables;
    await this.#executor.atomically(async (session) => {
      const locked = await session.query(`SELECT 1 FROM ${logs} WHERE vault = $1 FOR UPDATE SKIP LOCKED`, [vault]);
      if (locked.rows.length === 0) return;
      // What a watch has read of a commit is read again, unless that was all of it.
      const { rows } = await session.query(
        `SELECT done.number::float8, max(made.change)::float8
          FROM (SELECT min(number) - 1 AS read, max(keep) AS keep FROM ${watchers} WHERE vault = $1) AS wanted
          JOIN ${commits} AS done ON done.vault = $1
            AND (done.number <= wanted.read AND done.at < statement_timestamp() - wanted.keep * interval '1 millisecond'
              OR done.at < statement_timestamp() - greatest(wanted.keep, $2::float8) * interval '1 millisecond')
          JOIN ${changes} AS made ON made.vault = $1 AND made.xid = done.xid
          GROUP BY done.number ORDER BY done.number DESC LIMIT 1`,
        [vault, PATIENCE],
      );
      if (!rows[0]) return;
      const [number, change] = rows[0] as [number, number];
      await session.query(
        `DELETE FROM ${changes} AS made USING ${commits} AS done
          WHERE made.vault = $1 AND done.vault = $1 AND done.number <= $2::int8 AND made.xid = done.xid`,
        [vault, number],
      );
      await session.query(`DELETE FROM ${commits} WHERE vault = $1 AND number <= $2::int8`, [vault, number]);
      await session.query(`UPDATE ${logs} SET number = $2::int8, change = $3::int8 WHERE vault = $1`, [
        vault,
        number,
        change,
      ]);
    });
  }

  async #insert(session: Session, { id, vault, keep }: Watcher, { number, change }: LogPlace): Promise<void> {
    await session.query(
      `INSERT INTO ${this.#tables.watchers} (id, vault, number, change, keep, until)
        VALUES ($1::uuid, $2, $3::int8, $4::int8, $5::float8,
          statement_timestamp() + ($6::float8 + $5::float8) * interval '1 millisecond')`,
      [id, vault, number, change, keep, GRACE],
    );
  }
}

/** Ends the logs that programs have left which were killed, if nobody is in the way. */
export async function endDeadLogs(executor: Executor, catalog: Catalog): Promise<void> {
  try {
    await new Watchers(executor, catalog).endDead();
  } catch (error) {
    // Who may only read leaves them to others.
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}

/** Tries something again while a transaction of somebody else is in its way. */
async function untilFree<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const isBusy = error instanceof KohakuVaultError && error.code === 'KV_BUSY';
      if (!isBusy || tried === TRIES) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
