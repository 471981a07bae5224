import { CorruptData, checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import type { Connection, Query } from '@kohakuvault/core-native/internal/database';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** The values that belong to vectors, in a table of their own, encoded as KVault encodes them. */
export class StoredValues {
  readonly #connection: Connection;
  readonly #names: TableNames;
  autoPack: boolean;
  headers: boolean;
  #structured = true;
  #select: Query | undefined;

  constructor(connection: Connection, names: TableNames, autoPack: boolean, headers: boolean) {
    this.#connection = connection;
    this.#names = names;
    this.autoPack = autoPack;
    this.headers = headers;
  }

  enableAutoPack(options: { structured?: boolean }): void {
    checkOptions('enableAutoPack', options, { structured: rules.boolean });
    this.autoPack = true;
    this.headers = true;
    this.#structured = options.structured ?? true;
  }

  encode(owner: string, value: unknown): Buffer {
    try {
      return encodeValue(value, { autoPack: this.autoPack, headers: this.headers, structured: this.#structured });
    } catch (error) {
      if (error instanceof InvalidArgument) {
        throw new InvalidArgument(`${owner}: the value: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  /** The value of this id; undefined where there is none. */
  get(valueId: bigint, vectorId: bigint): { value: unknown } | undefined {
    this.#select ??= this.#connection.query(`SELECT value FROM ${this.#names.values} WHERE id = ?`, {
      pluck: true,
    });
    const select = this.#select;
    const stored = this.#connection.read(() => select.get(valueId));
    if (stored === undefined) return undefined;
    const damaged = (why: string, cause?: unknown) =>
      new CorruptData(`the value of vector ${vectorId} in ${this.#names.table}: ${why}`, { cause });
    // Python stores text as text.
    const bytes = typeof stored === 'string' ? Buffer.from(stored) : stored;
    if (!Buffer.isBuffer(bytes)) {
      throw damaged('it is NULL or a number, and a vault keeps bytes. Restore a backup, or update the vector');
    }
    try {
      return { value: decodeValue(bytes, { autoPack: this.autoPack }) };
    } catch (error) {
      if (error instanceof CorruptData) throw damaged(error.message, error);
      // Nothing puts the parts of a vector's value together: no vault stores one so.
      if (error instanceof InvalidArgument) throw damaged('it is in parts, as only KVault keeps values', error);
      throw error;
    }
  }
}
