import { CorruptData } from '@kohakuvault/core-native/internal';
import type { Connection, Query } from '@kohakuvault/core-native/internal/database';
import { ValueCodec } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** The values of vectors. They have their own table, and the encoding of KVault. */
export class VectorValues {
  readonly codec: ValueCodec<string | bigint>;
  readonly #connection: Connection;
  readonly #names: TableNames;
  #select: Query | undefined;

  constructor(connection: Connection, names: TableNames, switches: { autoPack: boolean; headers: boolean }) {
    this.#connection = connection;
    this.#names = names;
    this.codec = new ValueCodec<string | bigint>(
      {
        given: (method) => `${method}: the value`,
        stored: (vectorId) => `the value of vector ${vectorId} in ${names.table}`,
      },
      switches,
    );
    const { untrusted } = connection.shared;
    if (untrusted) this.codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
  }

  /** Returns a value by its id. Undefined if it does not exist. */
  get(valueId: bigint, vectorId: bigint): { value: unknown } | undefined {
    this.#select ??= this.#connection.query(`SELECT value FROM ${this.#names.values} WHERE id = ?`, {
      pluck: true,
    });
    const select = this.#select;
    const stored = this.#connection.read(() => select.get(valueId));
    if (stored === undefined) return undefined;
    // Python stores text as text.
    const bytes = typeof stored === 'string' ? Buffer.from(stored) : stored;
    if (!Buffer.isBuffer(bytes)) {
      throw new CorruptData(
        `the value of vector ${vectorId} in ${this.#names.table} is NULL or a number; expected bytes. ` +
          'Restore a backup, or update the vector',
      );
    }
    return { value: this.codec.decode(bytes, vectorId) };
  }
}
