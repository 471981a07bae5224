import { checkedStructure, isStructure, MOST_STRUCTURES, type Structure } from '../checks/structure.ts';
import { CorruptData } from '../errors/errors.ts';
import { nativeCore } from '../native/binding.ts';
import type { Access, SharedConnection } from './access.ts';

/** The table of the structures that the values of a file share. */
export const STRUCTURES_TABLE = 'kohakuvault_structures';
const DEFINITION = `CREATE TABLE ${STRUCTURES_TABLE} (id INTEGER PRIMARY KEY, keys TEXT NOT NULL)`;

/**
 * The structures that the values of a file share: an object with known keys is stored as the number of its structure
 * and its values. All vaults on a connection have one list. Numbers are given in transactions and never again, so the
 * list in the file only grows, and a list in memory is its beginning.
 */
export class Structures {
  readonly #shared: SharedConnection;
  #list: Structure[] = [];
  #isLoaded = false;
  #generation = 0;
  /** How many levels of the transaction are open. */
  #depth = 0;
  /** The deepest level that has added structures which are not committed, or 0. */
  #addedIn = 0;

  constructor(shared: SharedConnection) {
    this.#shared = shared;
    shared.levels.join({
      begin: (depth) => {
        this.#depth = depth;
      },
      commit: (depth) => {
        this.#depth = depth - 1;
        this.#addedIn = Math.min(this.#addedIn, this.#depth);
      },
      rollback: (depth) => {
        this.#depth = depth - 1;
        if (this.#addedIn >= depth) this.#forget();
      },
    });
  }

  /** The structures that memory has, by their numbers. Another `generation` means another list. */
  get known(): readonly Structure[] {
    this.#shared.levels.catchUp();
    if (!this.#isLoaded) this.load();
    return this.#list;
  }

  /** Counts the rollbacks that have taken structures back. */
  get generation(): number {
    this.#shared.levels.catchUp();
    return this.#generation;
  }

  /** Whether the file would take an object's keys as a structure. */
  accepts(keys: Structure): boolean {
    return this.#list.length < MOST_STRUCTURES && isStructure(keys);
  }

  /** Reads what the file has beyond the known structures. Returns whether there was anything. */
  load(): boolean {
    this.#shared.levels.catchUp();
    this.#isLoaded = true;
    const before = this.#list.length;
    if (!this.#hasTable()) return false;
    const select = this.#shared.query<{ id: number; keys: unknown }>(
      `SELECT id, keys FROM main.${STRUCTURES_TABLE} WHERE id >= ? ORDER BY id LIMIT ?`,
    );
    const rows = this.#shared.read(() => select.all(before, MOST_STRUCTURES - before + 1));
    for (const { id, keys } of rows) this.#list.push(checkedStructure(STRUCTURES_TABLE, id, keys, this.#list.length));
    return this.#list.length > before;
  }

  /**
   * Adds structures to the file, in a transaction; those that others have added meanwhile are taken over. When the file
   * has `MOST_STRUCTURES`, the rest stays unknown.
   */
  add(wanted: readonly Structure[]): void {
    const shared = this.#shared;
    shared.transaction(() => {
      this.load();
      const present = new Set(this.#list.map((keys) => JSON.stringify(keys)));
      const missing = new Set(wanted.map((keys) => JSON.stringify(keys)).filter((json) => !present.has(json)));
      const added = [...missing].slice(0, MOST_STRUCTURES - this.#list.length);
      if (added.length === 0) return;
      if (!this.#hasTable()) shared.write(() => nativeCore().binding.execute(shared.handle, DEFINITION));
      const insert = shared.statement(`INSERT INTO main.${STRUCTURES_TABLE} (id, keys) VALUES (?, ?)`);
      shared.levels.catchUp();
      // Before the first write: if it fails, the rollback must find this.
      this.#addedIn = Math.max(this.#addedIn, this.#depth);
      for (const json of added) {
        shared.write(() => insert.run(this.#list.length, json));
        this.#list.push(JSON.parse(json) as string[]);
      }
    });
  }

  #hasTable(): boolean {
    const select = this.#shared.query<string>("SELECT sql FROM main.sqlite_schema WHERE name = ? AND type <> 'index'", {
      pluck: true,
    });
    const sql = this.#shared.read(() => select.get(STRUCTURES_TABLE));
    if (sql !== undefined && sql !== DEFINITION) {
      throw new CorruptData(
        `${STRUCTURES_TABLE} is not KohakuVault's table of structures; rename it, or restore a backup`,
      );
    }
    return sql !== undefined;
  }

  #forget(): void {
    this.#list = [];
    this.#isLoaded = false;
    this.#addedIn = 0;
    this.#generation++;
  }
}

/** Returns the structures of a connection's file. Outside of the class: a bundler renames a class that mentions itself. */
export function structuresOf(connection: Access): Structures {
  return connection.companion('structures', (shared) => new Structures(shared));
}
