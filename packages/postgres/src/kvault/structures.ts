import { checkedStructure, isStructure, MOST_STRUCTURES, type Structure } from '@kohakuvault/core-native/internal';
import type { StructureList } from '@kohakuvault/packer/value';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, lockSchema } from '../schema/catalog.ts';

/** A value has a structure that memory does not know. Somebody else may have added it. */
export class UnreadStructure extends Error {}

/**
 * The structures that the values of one vault share, for the encodings that store objects without their keys. An
 * encoder cannot wait for a server. So it only says what it wants, and what it lacks; both are done before the value is
 * encoded or decoded again.
 */
export class VaultStructures implements StructureList {
  readonly generation = 0;
  readonly #catalog: Catalog;
  readonly #vault: string;
  #known: readonly Structure[] = [];
  #wanted: (readonly string[])[] = [];
  /** Whether the list was read just now, so that reading it again tells nothing new. */
  #isFresh = false;

  constructor(catalog: Catalog, vault: string) {
    this.#catalog = catalog;
    this.#vault = vault;
  }

  get known(): readonly Structure[] {
    return this.#known;
  }

  /** Whether values were encoded with keys that could be structures. */
  get wants(): boolean {
    return this.#wanted.length > 0;
  }

  accepts(keys: readonly string[]): boolean {
    return this.#known.length < MOST_STRUCTURES && isStructure(keys);
  }

  load(): boolean {
    if (this.#isFresh) return false;
    throw new UnreadStructure('a structure must be read first');
  }

  add(wanted: readonly (readonly string[])[]): void {
    this.#wanted.push(...wanted);
  }

  /** Reads what others have added. */
  async read(executor: Executor): Promise<void> {
    this.#known = await executor.read((session) => this.#read(session));
  }

  /** Adds the structures that are wanted. */
  async share(executor: Executor): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    this.#known = await executor.atomically(async (session) => {
      await lockSchema(session);
      const known = await this.#read(session);
      const present = new Set(known.map((keys) => JSON.stringify(keys)));
      const missing = new Set(wanted.map((keys) => JSON.stringify(keys)).filter((json) => !present.has(json)));
      const added = [...missing].slice(0, MOST_STRUCTURES - known.length);
      for (const [at, json] of added.entries()) {
        await session.query(
          `INSERT INTO ${this.#catalog.structuresTable} (vault, id, keys) VALUES ($1, $2::int4, $3)`,
          [this.#vault, known.length + at, json],
        );
      }
      return [...known, ...added.map((json) => JSON.parse(json) as string[])];
    });
  }

  /** Decodes values. If one has an unknown structure, the list is read first. */
  async decode<T>(executor: Executor, decode: () => T | Promise<T>): Promise<T> {
    try {
      return await decode();
    } catch (error) {
      if (!(error instanceof UnreadStructure)) throw error;
    }
    await this.read(executor);
    this.#isFresh = true;
    try {
      return await decode();
    } finally {
      this.#isFresh = false;
    }
  }

  async #read(session: Session): Promise<Structure[]> {
    const table = this.#catalog.structuresTable;
    const { rows } = await session.query(`SELECT id, keys FROM ${table} WHERE vault = $1 ORDER BY id`, [this.#vault]);
    return rows.map(([id, keys], at) => checkedStructure('kohakuvault_structures', id as number, keys, at));
  }
}
