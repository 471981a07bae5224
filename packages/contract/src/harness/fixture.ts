import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, Database, DatabaseSource, Vault } from '@kohakuvault/core-native/database';
import BetterSqlite3 from 'better-sqlite3';
import type { VaultKind } from './vault-kind.ts';

/** A vault on a `Database` that the test, as a user, has opened itself. */
export interface Borrowed<V extends Vault> {
  readonly file: string;
  readonly database: Database;
  readonly vault: V;
}

/** The files, databases and vaults of one test. They are closed and removed when the test ends. */
export class Fixture<V extends Vault> {
  readonly kind: VaultKind<V>;
  readonly #endings: (() => void)[] = [];

  constructor(kind: VaultKind<V>) {
    this.kind = kind;
  }

  /** Creates an empty folder. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-contract-'));
    this.#endings.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Returns the path of a file that does not exist yet. */
  newFile(): string {
    return join(this.folder(), 'vault.db');
  }

  open(source: DatabaseSource, options?: ConnectionOptions): V {
    const vault = this.kind.open(source, options);
    this.#endings.push(() => vault.close());
    return vault;
  }

  /** Opens a new file and writes items to it. */
  filled(items: readonly number[], options?: ConnectionOptions): { file: string; vault: V } {
    const file = this.newFile();
    const vault = this.open(file, options);
    this.write(vault, ...items);
    return { file, vault };
  }

  /** Opens a `Database`, without any vault. */
  database(file: string, options?: { readonly?: boolean; timeout?: number }): Database {
    const { Database = BetterSqlite3 } = this.kind;
    const database = new Database(file, { timeout: 0, ...options });
    // No test cuts the power.
    database.pragma('synchronous = off');
    this.#endings.push(() => void database.close());
    return database;
  }

  /** Opens a vault on a `Database`, both on a new file, and writes items to it. */
  borrowed(...items: number[]): Borrowed<V> {
    const file = this.newFile();
    const database = this.database(file);
    const vault = this.open(database);
    this.write(vault, ...items);
    return { file, database, vault };
  }

  write(vault: V, ...items: number[]): void {
    for (const item of items) this.kind.write(vault, item);
  }

  /** Reads a vault in every way, and ignores the results. */
  readAll(vault: V): void {
    this.kind.read(vault);
    for (const read of Object.values(this.kind.reads ?? {})) read(vault);
  }

  /** Asserts that a vault has exactly these items, whichever way they are read. */
  assertItems(vault: V, expected: readonly number[], what = 'the vault'): void {
    assert.deepEqual(sorted(this.kind.read(vault)), sorted(expected), `${what}, by read`);
    for (const [name, read] of Object.entries(this.kind.reads ?? {})) {
      assert.deepEqual(sorted(read(vault)), sorted(expected), `${what}, by ${name}`);
    }
  }

  /** Asserts that the file has exactly these items, as another connection sees it. */
  assertStored(file: string, expected: readonly number[], what = 'the file'): void {
    const { Database = BetterSqlite3 } = this.kind;
    const database = new Database(file, { readonly: true });
    try {
      this.assertItems(this.kind.open(database), expected, what);
    } finally {
      database.close();
    }
  }

  /** Asserts that the vault and its file have exactly these items. */
  assertBoth(vault: V, expected: readonly number[], what?: string): void {
    this.assertItems(vault, expected, what && `${what}: the vault`);
    this.assertStored(vault.path, expected, what && `${what}: the file`);
  }

  /** Has something done when the test ends, before what was opened earlier is closed. */
  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  /** Closes and removes everything. What cannot be closed after a failed test is not another failure. */
  end(hasFailed: boolean): void {
    for (const ending of this.#endings.toReversed()) {
      try {
        ending();
      } catch (error) {
        if (!hasFailed) throw error;
      }
    }
  }
}

function sorted(items: readonly number[]): number[] {
  return [...items].sort((a, b) => a - b);
}
