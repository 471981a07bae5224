import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, type Query, shareEncoding, structuresOf } from '@kohakuvault/core-native/internal/database';
import { type CodecOptions, codecOf, type ValueCodec } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** The values of vectors. They have their own table, and the encodings of KVault. */
export class VectorValues {
  readonly codec: ValueCodec<string | bigint>;
  readonly #connection: Connection;
  readonly #names: TableNames;
  #select: Query | undefined;

  constructor(connection: Connection, names: TableNames, options: CodecOptions) {
    this.#connection = connection;
    this.#names = names;
    const shown = {
      given: (method: string | bigint) => `${method}: the value`,
      stored: (vectorId: string | bigint) => `the value of vector ${vectorId} in ${names.table}`,
    };
    this.codec = codecOf('VectorKVault', shown, options, () => structuresOf(connection));
    const { untrusted } = connection.shared;
    if (untrusted) this.codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
  }

  /** Checks that the table's values have the encoding of the vault. The first vault on a new table decides. */
  agreeOnEncoding(): void {
    const { table, values } = this.#names;
    shareEncoding(this.#connection, table, this.codec.encoding, values);
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
