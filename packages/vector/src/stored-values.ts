import { CorruptData, checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import type { Statement } from 'better-sqlite3';
import type { TableNames } from './table.ts';

/** The values that belong to vectors, in a table of their own, encoded as KVault encodes them. */
export class StoredValues {
  readonly #connection: Connection;
  readonly #names: TableNames;
  autoPack: boolean;
  headers: boolean;
  #structured = true;
  #select: Statement | undefined;

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
    this.#select ??= this.#connection.shared.database
      .prepare(`SELECT value FROM ${this.#names.values} WHERE id = ?`)
      .pluck();
    const select = this.#select;
    const stored = this.#connection.read(() => select.get(valueId));
    if (stored === undefined) return undefined;
    if (typeof stored !== 'string' && !Buffer.isBuffer(stored)) {
      throw new CorruptData(
        `the value of vector ${vectorId} in ${this.#names.table} is NULL or a number, and values are bytes: another program wrote it`,
      );
    }
    try {
      const bytes = typeof stored === 'string' ? Buffer.from(stored) : stored;
      return { value: decodeValue(bytes, { autoPack: this.autoPack }) };
    } catch (error) {
      if (error instanceof CorruptData) {
        throw new CorruptData(`the value of vector ${vectorId} in ${this.#names.table}: ${error.message}`, {
          cause: error,
        });
      }
      throw error;
    }
  }
}
