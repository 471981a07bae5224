import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { sqlState } from '../client/driver-errors.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { quoteIdentifier } from './names.ts';

/** The kinds of vaults. */
export type VaultKind = 'kvault' | 'columns' | 'vectors' | 'texts' | 'documents';

/** What the catalog keeps of a vault. */
export interface VaultEntry {
  readonly name: string;
  readonly kind: VaultKind;
  /** The version of the layout of its tables. */
  readonly layout: number;
  readonly partitions: number;
  /** The name of the encoding of its values. */
  readonly encoding: string;
  /** What else was decided when the vault was made, as JSON has it. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The version of the layouts that this release makes and reads. Those of layout 1 lack columns, which are added when the
 * vault is opened.
 */
export const LAYOUT = 2;

/** Serializes what makes and removes tables, and adds structures. No other lock of ours has this number. */
const SCHEMA_LOCK = 0x6b6f6861;

/** The tables of a store in one schema: which vaults it has, and which uploads run. */
export class Catalog {
  readonly schema: string;

  constructor(schema: string) {
    this.schema = schema;
  }

  /** Returns the name of a table or a function in the schema, for SQL. */
  qualified(name: string): string {
    return `${quoteIdentifier(this.schema)}.${quoteIdentifier(name)}`;
  }

  get vaultsTable(): string {
    return this.qualified('kohakuvault_vaults');
  }

  get uploadsTable(): string {
    return this.qualified('kohakuvault_uploads');
  }

  get structuresTable(): string {
    return this.qualified('kohakuvault_structures');
  }

  get dropPartsFunction(): string {
    return this.qualified('kohakuvault_drop_parts');
  }

  /** Returns the entry of a vault; undefined if there is none. */
  async find(executor: Executor, name: string): Promise<VaultEntry | undefined> {
    try {
      // In a savepoint: without the table, the statement fails.
      return await executor.atomically((session) => this.#select(session, name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Returns the entries of all vaults, in the order of their names. */
  async list(executor: Executor): Promise<VaultEntry[]> {
    try {
      const { rows } = await executor.atomically((session) =>
        session.query(`SELECT ${COLUMNS} FROM ${this.vaultsTable} ORDER BY name COLLATE "C"`),
      );
      return rows.map(entryOf);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /**
   * Returns the entry of a vault. If there is none, `make` creates its tables, in the transaction that adds the entry.
   */
  async findOrMake(
    executor: Executor,
    wanted: VaultEntry,
    make: (session: Session) => Promise<void>,
  ): Promise<VaultEntry> {
    const found = await this.find(executor, wanted.name);
    if (found) return found;
    return await executor.atomically(async (session) => {
      await lockSchema(session);
      await this.#makeOwnTables(session);
      // Another connection may have been faster.
      const made = await this.#select(session, wanted.name);
      if (made) return made;
      await make(session);
      const { name, kind, layout, partitions, encoding, settings } = wanted;
      await session.query(
        `INSERT INTO ${this.vaultsTable} (${COLUMNS}) VALUES ($1, $2, $3::int4, $4::int4, $5, $6::text::jsonb)`,
        [name, kind, layout, partitions, encoding, JSON.stringify(settings)],
      );
      return wanted;
    });
  }

  /** Brings the tables of an earlier layout to this one, once. */
  async upgrade(executor: Executor, entry: VaultEntry, change: (session: Session) => Promise<void>): Promise<void> {
    const { name, layout } = entry;
    if (layout >= LAYOUT) return;
    try {
      await executor.atomically(async (session) => {
        await lockSchema(session);
        await change(session);
        await session.query(`UPDATE ${this.vaultsTable} SET layout = $2::int4 WHERE name = $1`, [name, LAYOUT]);
      });
    } catch (error) {
      if (!(error instanceof KohakuVaultError) || !isState(error, '42501', '25006')) throw error;
      throw new KohakuVaultError(
        `the tables of ${describe(name)} have layout ${layout}, and this connection may not change them to ${LAYOUT}; open ` +
          'the vault once as their owner, on a server that can be written',
        { code: error.code, cause: error },
      );
    }
  }

  /** Removes a vault's entry, and its tables by `drop`. */
  async remove(executor: Executor, name: string, drop: (session: Session) => Promise<void>): Promise<void> {
    await executor.atomically(async (session) => {
      await lockSchema(session);
      await drop(session);
      await session.query(`DELETE FROM ${this.vaultsTable} WHERE name = $1`, [name]);
    });
  }

  async #select(session: Session, name: string): Promise<VaultEntry | undefined> {
    const { rows } = await session.query(`SELECT ${COLUMNS} FROM ${this.vaultsTable} WHERE name = $1`, [name]);
    return rows[0] && entryOf(rows[0]);
  }

  async #makeOwnTables(session: Session): Promise<void> {
    const statements = [
      `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(this.schema)}`,
      `CREATE TABLE IF NOT EXISTS ${this.vaultsTable} (name text PRIMARY KEY, kind text NOT NULL, ` +
        'layout int4 NOT NULL, partitions int4 NOT NULL, encoding text NOT NULL, settings jsonb NOT NULL)',
      `CREATE TABLE IF NOT EXISTS ${this.uploadsTable} (id uuid PRIMARY KEY, vault text NOT NULL, key bytea NOT NULL, ` +
        'touched timestamptz NOT NULL DEFAULT now())',
      `CREATE TABLE IF NOT EXISTS ${this.structuresTable} (vault text NOT NULL, id int4 NOT NULL, keys text NOT NULL, ` +
        'PRIMARY KEY (vault, id))',
      // The parts of a value go with it, no matter who deletes or replaces it.
      `CREATE OR REPLACE FUNCTION ${this.dropPartsFunction}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN ` +
        "EXECUTE format('DELETE FROM %I.%I WHERE key = $1 AND id = $2', TG_TABLE_SCHEMA, TG_ARGV[0]) " +
        'USING OLD.key, OLD.parts; RETURN NULL; END $body$',
    ];
    // A user who may not create schemas can use one that is there.
    const { rows } = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [this.schema]);
    for (const statement of rows.length > 0 ? statements.slice(1) : statements) await session.query(statement);
  }
}

const COLUMNS = 'name, kind, layout, partitions, encoding, settings';

function entryOf(row: readonly unknown[]): VaultEntry {
  const [name, kind, layout, partitions, encoding, settings] = row;
  return { name, kind, layout, partitions, encoding, settings } as VaultEntry;
}

/** Refuses a vault of another kind, or of a later release. */
export function checkEntry({ name, kind, layout }: VaultEntry, expected: VaultKind): void {
  if (kind !== expected) {
    throw new InvalidArgument(`${describe(name)} is a vault of the kind ${kind}; expected ${expected}`);
  }
  if (layout > LAYOUT) {
    throw new KohakuVaultError(
      `the tables of ${describe(name)} have layout ${layout}, and this release reads ${LAYOUT}; update the package`,
    );
  }
}

/** Waits until no other connection makes or removes tables. The lock ends with the transaction. */
export async function lockSchema(session: Session): Promise<void> {
  await session.query('SELECT 1 FROM pg_advisory_xact_lock($1::int8)', [SCHEMA_LOCK]);
}

/** Whether a table or a schema does not exist. */
function isMissing(error: unknown): boolean {
  return isState(error, '42P01', '3F000');
}

function isState(error: unknown, ...states: readonly string[]): boolean {
  const state = error instanceof KohakuVaultError ? sqlState(error.cause) : undefined;
  return state !== undefined && states.includes(state);
}
