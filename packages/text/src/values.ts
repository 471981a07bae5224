import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, shareEncoding, structuresOf } from '@kohakuvault/core-native/internal/database';
import { type CodecOptions, codecOf, type ValueCodec } from '@kohakuvault/packer/value';
import type { TableNames } from './table.ts';

/** The values of documents. They have their own table, and the encodings of KVault. */
export class TextValues {
  readonly codec: ValueCodec<string | bigint>;
  readonly #connection: Connection;
  readonly #names: TableNames;

  constructor(connection: Connection, names: TableNames, options: CodecOptions) {
    this.#connection = connection;
    this.#names = names;
    const shown = {
      given: (method: string | bigint) => `${method}: the value`,
      stored: (id: string | bigint) => `the value of document ${id} in ${names.table}`,
    };
    this.codec = codecOf('TextVault', shown, options, () => structuresOf(connection));
    const { untrusted } = connection.shared;
    if (untrusted) this.codec.checkPacked = (bytes, what) => untrusted.checkPacked(bytes, what);
  }

  /** Checks that the table's values have the encoding of the vault. The first vault on a new table decides. */
  agreeOnEncoding(): void {
    const { table, values } = this.#names;
    shareEncoding(this.#connection, table, this.codec.encoding, values);
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
