import type { Session } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { partsTableOf, quoteLiteral } from '../schema/names.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** What has happened to a key, as the log has it. */
export const SET = 1;
export const DELETED = 2;

/**
 * Serializes the COMMITs of transactions that have written to watched vaults, so that the numbers of commits are in the
 * order in which they can be seen. NOTIFY takes a lock of this kind anyway. Nobody takes it while nobody watches.
 */
export const COMMIT_LOCK = 0x6b6f6862;

const TRIGGERS = ['kohakuvault_watch_put', 'kohakuvault_watch_delete'] as const;
const PART_TRIGGER = 'kohakuvault_watch_part';

/** The names of the tables that log changes, for SQL. */
export class ChangeTables {
  /** A row for each vault that is watched: the id of its log, and up to which change that has forgotten everything. */
  readonly logs: string;
  /** A row for each watch. */
  readonly watchers: string;
  /** The changes of transactions, and which of these have been committed, in their order. */
  readonly changes: string;
  readonly commits: string;
  readonly catalog: Catalog;

  constructor(catalog: Catalog) {
    this.catalog = catalog;
    this.logs = catalog.qualified('kohakuvault_logs');
    this.watchers = catalog.qualified('kohakuvault_watchers');
    this.changes = catalog.qualified('kohakuvault_changes');
    this.commits = catalog.qualified('kohakuvault_commits');
  }

  /** Whether the tables are there. */
  async exist(session: Session): Promise<boolean> {
    const { rows } = await session.query('SELECT to_regclass($1) IS NOT NULL', [this.logs]);
    return rows[0]?.[0] === true;
  }

  /** Makes what is missing. Call it under the lock of the schema. */
  async make(session: Session): Promise<void> {
    const noteChange = this.catalog.qualified('kohakuvault_note_change');
    const noteCommit = this.catalog.qualified('kohakuvault_note_commit');
    const safely = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp';
    const statements = [
      `CREATE TABLE IF NOT EXISTS ${this.logs} (vault text PRIMARY KEY, log text NOT NULL, number int8 NOT NULL, ` +
        'change int8 NOT NULL)',
      `CREATE TABLE IF NOT EXISTS ${this.watchers} (id uuid PRIMARY KEY, vault text NOT NULL, number int8 NOT NULL, ` +
        'change int8 NOT NULL, keep float8 NOT NULL, until timestamptz NOT NULL)',
      `CREATE TABLE IF NOT EXISTS ${this.commits} (vault text NOT NULL, number int8 GENERATED ALWAYS AS IDENTITY, ` +
        'xid xid8 NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (vault, number))',
      `CREATE TABLE IF NOT EXISTS ${this.changes} (vault text NOT NULL, xid xid8 NOT NULL, ` +
        'change int8 GENERATED ALWAYS AS IDENTITY, kind int4 NOT NULL, key bytea NOT NULL, is_first bool NOT NULL, ' +
        'PRIMARY KEY (vault, xid, change))',
      // The setting, which ends with the transaction or the savepoint, tells whether its COMMIT will be noted already. A
      // look at the table would be in the way of other serializable transactions.
      `CREATE OR REPLACE FUNCTION ${noteChange}() RETURNS trigger ${safely} AS $body$
        DECLARE
          xid xid8 := pg_current_xact_id();
          is_first bool := current_setting(TG_ARGV[1], true) IS DISTINCT FROM xid::text;
        BEGIN
          IF is_first THEN PERFORM set_config(TG_ARGV[1], xid::text, true); END IF;
          IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.key IS DISTINCT FROM NEW.key) THEN
            INSERT INTO ${this.changes} (vault, xid, kind, key, is_first)
              VALUES (TG_ARGV[0], xid, ${DELETED}, OLD.key, is_first);
            is_first := false;
          END IF;
          IF TG_OP <> 'DELETE' THEN
            INSERT INTO ${this.changes} (vault, xid, kind, key, is_first)
              VALUES (TG_ARGV[0], xid, ${SET}, NEW.key, is_first);
          END IF;
          RETURN NULL;
        END $body$`,
      `CREATE OR REPLACE FUNCTION ${noteCommit}() RETURNS trigger ${safely} AS $body$
        BEGIN
          PERFORM pg_advisory_xact_lock(${COMMIT_LOCK});
          INSERT INTO ${this.commits} (vault, xid) VALUES (NEW.vault, NEW.xid);
          PERFORM pg_notify(${quoteLiteral(channelOf(this.catalog))}, 'changes ' || NEW.vault);
          RETURN NULL;
        END $body$`,
    ];
    for (const statement of statements) await session.query(statement);
    const { rows } = await session.query(
      "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = 'kohakuvault_commit'",
      [this.changes],
    );
    if (rows.length > 0) return;
    await session.query(
      `CREATE CONSTRAINT TRIGGER kohakuvault_commit AFTER INSERT ON ${this.changes} DEFERRABLE INITIALLY DEFERRED ` +
        `FOR EACH ROW WHEN (NEW.is_first) EXECUTE FUNCTION ${noteCommit}()`,
    );
  }

  /** Makes the triggers that log the changes of a vault. Waits for transactions that have written to it. */
  async makeTriggers(session: Session, vault: string): Promise<void> {
    const [values, parts] = [this.catalog.qualified(vault), this.catalog.qualified(partsTableOf(vault))];
    const setting = `kohakuvault.v_${createHash('md5').update(`${this.catalog.schema} ${vault}`).digest('hex')}`;
    const call =
      `FOR EACH ROW EXECUTE FUNCTION ${this.catalog.qualified('kohakuvault_note_change')}` +
      `(${quoteLiteral(vault)}, ${quoteLiteral(setting)})`;
    const [put, deleted] = TRIGGERS;
    // A new time of an entry is no change, and neither is a part of an upload.
    await session.query(
      `CREATE OR REPLACE TRIGGER ${put} AFTER INSERT OR UPDATE OF key, value, parts, size ON ${values} ${call}`,
    );
    await session.query(`CREATE OR REPLACE TRIGGER ${deleted} AFTER DELETE ON ${values} ${call}`);
    await session.query(`CREATE OR REPLACE TRIGGER ${PART_TRIGGER} AFTER UPDATE OF data ON ${parts} ${call}`);
  }

  async dropTriggers(session: Session, vault: string): Promise<void> {
    const { rows } = await session.query('SELECT to_regclass($1) IS NOT NULL', [this.catalog.qualified(vault)]);
    if (rows[0]?.[0] !== true) return;
    for (const name of TRIGGERS) {
      await session.query(`DROP TRIGGER IF EXISTS ${name} ON ${this.catalog.qualified(vault)}`);
    }
    await session.query(`DROP TRIGGER IF EXISTS ${PART_TRIGGER} ON ${this.catalog.qualified(partsTableOf(vault))}`);
  }

  /** Forgets the log of a vault, whose triggers are gone. */
  async forget(session: Session, vault: string): Promise<void> {
    for (const table of [this.logs, this.watchers, this.changes, this.commits]) {
      await session.query(`DELETE FROM ${table} WHERE vault = $1`, [vault]);
    }
  }
}

/** Returns the channel on which the programs of a store tell each other of news. */
export function channelOf({ schema }: Catalog): string {
  return `kohakuvault_${createHash('md5').update(schema).digest('hex').slice(0, 20)}`;
}

/** Returns the topic of the changes of a vault. */
export function changesTopic(vault: string): string {
  return `changes ${vault}`;
}

/** Ends the log of a vault whose tables were dropped. */
export async function endLogOf(session: Session, catalog: Catalog, vault: string): Promise<void> {
  const tables = new ChangeTables(catalog);
  if (await tables.exist(session)) await tables.forget(session, vault);
}
