import { type Access, type SharedConnection, tableKey } from '@kohakuvault/core-native/internal/database';

/**
 * A number of the state of a table's fields and ids. The core keeps the result of a condition together with it.
 *
 * All vaults on a connection share it. Unlike the number of `FileState`, it also changes with our own writes to the
 * table.
 */
export class ConditionState {
  readonly #shared: SharedConnection;
  #version: number | undefined;
  #number = 0;

  private constructor(shared: SharedConnection) {
    this.#shared = shared;
  }

  /** Returns the companion for a table of a connection. */
  static of(connection: Access, table: string): ConditionState {
    return connection.companion(`conditions of ${tableKey(table)}`, (shared) => new ConditionState(shared));
  }

  /** Returns the number; undefined if nothing may be kept. */
  get number(): number | undefined {
    const version = this.#shared.version();
    if (version === undefined) return undefined;
    if (version !== this.#version) {
      this.#version = version;
      this.#number++;
    }
    return this.#number;
  }

  /** Notes a write of ours to the table: before it, and after it. */
  change(): void {
    this.#number++;
  }
}
