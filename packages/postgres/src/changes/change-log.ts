import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { ChangeKind } from '@kohakuvault/kvault/internal';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type ChangeTables, COMMIT_LOCK, SET } from './change-tables.ts';

/** A place in a log: after a change of a commit. */
export interface LogPlace {
  /** The random id of the log. */
  readonly log: string;
  /** The number of the commit. */
  readonly number: number;
  readonly change: number;
}

export interface LoggedChange {
  readonly place: LogPlace;
  readonly kind: ChangeKind;
  readonly key: Buffer;
}

const FORM = /^([0-9a-f]{16})-(\d{1,16})-(\d{1,16})$/;

/** Returns a place as users keep it. */
export function placeText({ log, number, change }: LogPlace): string {
  return `${log}-${number}-${change}`;
}

/** Returns the place that a user has kept. */
export function placeOf(text: unknown): LogPlace {
  const found = typeof text === 'string' ? FORM.exec(text) : undefined;
  if (found) return { log: found[1] as string, number: Number(found[2]), change: Number(found[3]) };
  throw new InvalidArgument(`watch expects since to be the position of a watch or of a change, got ${describe(text)}`);
}

/** The log of the changes of one vault. It is written by triggers, in the transaction of each change. */
export class ChangeLog {
  readonly vault: string;
  readonly #tables: ChangeTables;

  constructor(tables: ChangeTables, vault: string) {
    this.#tables = tables;
    this.vault = vault;
  }

  /** Begins the log if there is none. Returns the place after everything that has been committed. */
  async begin(session: Session): Promise<LogPlace> {
    const { logs, commits } = this.#tables;
    const found = await session.query(`SELECT log FROM ${logs} WHERE vault = $1`, [this.vault]);
    if (found.rows.length === 0) await this.#tables.makeTriggers(session, this.vault);
    // Whoever commits has the lock until that can be seen.
    await session.query('SELECT pg_advisory_xact_lock($1::int8)', [COMMIT_LOCK]);
    const { rows } = await session.query("SELECT nextval(pg_get_serial_sequence($1, 'number'))::float8", [commits]);
    const number = rows[0]?.[0] as number;
    let log = found.rows[0]?.[0] as string | undefined;
    if (log === undefined) {
      log = process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex');
      await session.query(`INSERT INTO ${logs} (vault, log, number, change) VALUES ($1, $2, $3::int8, 0)`, [
        this.vault,
        log,
        number,
      ]);
    }
    return { log, number, change: 0 };
  }

  /** Returns changes that follow a place, at most so many. `KV_STALE` if the log does not have all of them. */
  async readAfter(executor: Executor, place: LogPlace, limit: number): Promise<LoggedChange[]> {
    return await executor.read((session) => this.readIn(session, place, limit));
  }

  async readIn(session: Session, { log, number, change }: LogPlace, limit: number): Promise<LoggedChange[]> {
    const { logs, commits, changes } = this.#tables;
    const { rows } = await session.query(
      `SELECT log.log = $2 AND (log.number, log.change) <= ($3::int8, $4::int8), next.* FROM ${logs} AS log
        LEFT JOIN LATERAL (
          SELECT done.number::float8, made.change::float8, made.kind, made.key
          FROM ${commits} AS done JOIN ${changes} AS made ON made.vault = done.vault AND made.xid = done.xid
          WHERE done.vault = $1 AND done.number >= $3::int8 AND (done.number, made.change) > ($3::int8, $4::int8)
          ORDER BY done.number, made.change LIMIT $5::int8
        ) AS next ON true WHERE log.vault = $1`,
      [this.vault, log, number, change, limit],
    );
    if (rows[0]?.[0] !== true) throw lost(this.vault);
    const found = rows.filter((row) => row[1] !== null) as unknown as [true, number, number, number, Buffer][];
    return found.map(([, commit, made, kind, key]) => {
      return { place: { log, number: commit, change: made }, kind: kind === SET ? 'set' : 'delete', key };
    });
  }
}

function lost(vault: string): KohakuVaultError {
  return new KohakuVaultError(
    `the changes of ${describe(vault)} after this position are not known any more, because nobody has watched since, or ` +
      'they are too old; read what you need again, and watch from now on: without since',
    { code: 'KV_STALE' },
  );
}
