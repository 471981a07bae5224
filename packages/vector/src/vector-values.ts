import { CorruptData } from '@kohakuvault/core-native/internal';
import {
  agreeOnEncoding,
  type Connection,
  otherEncoding,
  type Query,
  structuresOf,
  tableKey,
} from '@kohakuvault/core-native/internal/database';
import { EncodedCodec, formatOf, nameOfEncoding, ValueCodec, type ValueEncoding } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** What decides how a vault encodes values. */
export interface ValueOptions {
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
}

/** The values of vectors. They have their own table, and the encodings of KVault. */
export class VectorValues {
  readonly codec: ValueCodec<string | bigint>;
  readonly #connection: Connection;
  readonly #names: TableNames;
  #select: Query | undefined;

  constructor(connection: Connection, names: TableNames, options: ValueOptions) {
    this.#connection = connection;
    this.#names = names;
    this.codec = codecOf(connection, names, options);
    const { untrusted } = connection.shared;
    if (untrusted) this.codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
  }

  /** Checks that the table's values have the encoding of the vault. The first vault on a new table decides. */
  agreeOnEncoding(): void {
    const { table, values } = this.#names;
    const { encoding } = this.codec;
    const open = this.#connection.companion(
      `encoding of ${tableKey(table)}`,
      (): { name?: string; vaults: number } => ({
        vaults: 0,
      }),
    );
    if (open.vaults > 0 && open.name !== encoding) throw otherEncoding(table, encoding, open.name ?? '');
    const first = this.#connection.query(`SELECT 1 FROM ${values} LIMIT 1`);
    const isEmpty = () => this.#connection.read(() => first.get()) === undefined;
    agreeOnEncoding(this.#connection, { table, encoding, isEmpty });
    open.name = encoding;
    countUntilEnded(this.#connection, open);
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

/** Outside of the class: the callback outlives the vault, and must not refer to it. */
function countUntilEnded(connection: Connection, open: { vaults: number }): void {
  open.vaults++;
  connection.whenEnded(() => open.vaults--);
}

function codecOf(connection: Connection, names: TableNames, options: ValueOptions): ValueCodec<string | bigint> {
  const shown = {
    given: (method: string | bigint) => `${method}: the value`,
    stored: (vectorId: string | bigint) => `the value of vector ${vectorId} in ${names.table}`,
  };
  const { valueEncoding } = options;
  if (valueEncoding === 'auto') return new ValueCodec(shown, options);
  const format = formatOf(valueEncoding, () => structuresOf(connection));
  return new EncodedCodec(shown, nameOfEncoding('VectorKVault', valueEncoding), format);
}
