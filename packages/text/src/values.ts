import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, shareEncoding, structuresOf } from '@kohakuvault/core-native/internal/database';
import { EncodedCodec, formatOf, nameOfEncoding, ValueCodec, type ValueEncoding } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** What decides how a vault encodes values. */
export interface ValueOptions {
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
}

/** The values of documents. They have their own table, and the encodings of KVault. */
export class TextValues {
  readonly codec: ValueCodec<string | bigint>;
  readonly #connection: Connection;
  readonly #names: TableNames;

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
    const connection = this.#connection;
    const first = connection.query(`SELECT 1 FROM ${values} LIMIT 1`);
    const isEmpty = () => connection.read(() => first.get()) === undefined;
    shareEncoding(connection, { table, encoding: this.codec.encoding, isEmpty });
  }

  /** Decodes what is stored as the value of a document. */
  decode(stored: unknown, id: bigint): unknown {
    // Python stores text as text.
    const bytes = typeof stored === 'string' ? Buffer.from(stored) : stored;
    if (Buffer.isBuffer(bytes)) return this.codec.decode(bytes, id);
    const what = stored === null ? 'has no value' : 'has a number as its value; expected bytes';
    throw new CorruptData(
      `document ${id} of ${this.#names.table} ${what}. Restore a backup, or update or delete the document`,
    );
  }
}

function codecOf(connection: Connection, names: TableNames, options: ValueOptions): ValueCodec<string | bigint> {
  const shown = {
    given: (method: string | bigint) => `${method}: the value`,
    stored: (id: string | bigint) => `the value of document ${id} in ${names.table}`,
  };
  const { valueEncoding } = options;
  if (valueEncoding === 'auto') return new ValueCodec(shown, options);
  const format = formatOf(valueEncoding, () => structuresOf(connection));
  return new EncodedCodec(shown, nameOfEncoding('TextVault', valueEncoding), format);
}
