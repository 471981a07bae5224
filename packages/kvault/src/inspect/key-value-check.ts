import { plural } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  DecodeCheck,
  type Findings,
  problemOf,
  quoteIdentifier,
  type RowWithId,
  rowsById,
  storedValues,
  structuresOf,
  tableEncoding,
} from '@kohakuvault/core-native/internal/database';
import type { KVault } from '@kohakuvault/kvault';
import { MARK_KEY } from '../values/parts-table.ts';
import { keyText } from './key-text.ts';
import { partsOf } from './tables.ts';

/** Longer values are read one at a time, and in pieces if they are bytes. */
const LONG = 1024 * 1024;

interface Row extends RowWithId {
  keyType: string;
  valueType: string;
  key: unknown;
  /** Null if the value is long or not a BLOB. */
  value: Buffer | null;
}

/** What reads a value. */
type Readers = Pick<typeof import('@kohakuvault/kvault'), 'KVault'> &
  Pick<typeof import('@kohakuvault/packer/value'), 'Encoding' | 'HEADER_LENGTH' | 'readHeader' | 'storedDecoder'>;

/** Verifies one table: keys are bytes, every value decodes, and every part exists. */
export class KeyValueCheck implements Disposable {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #findings: Findings;
  readonly #readers: Readers;
  readonly #decodes: DecodeCheck;
  readonly #vault: KVault;
  /** The name of a codec that only its program has. */
  readonly #codec: string | undefined;
  /** Decodes stored bytes. */
  readonly #decode: (stored: Buffer) => unknown;
  /** Whether long values without a header are bytes, which need no decoding. */
  readonly #areBytes: boolean;
  /** The same table, with its values as they are encoded. */
  readonly #encoded: KVault<Buffer, 'utf8', false>;

  constructor(connection: Connection, table: string, findings: Findings, readers: Readers) {
    this.#connection = connection;
    this.#table = table;
    this.#findings = findings;
    this.#readers = readers;
    this.#decodes = new DecodeCheck(findings);
    const { KVault, storedDecoder } = readers;
    const encoding = tableEncoding(connection.database, table);
    const { name, valueEncoding } = encoding;
    this.#codec = valueEncoding === undefined ? name : undefined;
    this.#areBytes = valueEncoding === undefined || valueEncoding === 'auto' || valueEncoding === 'binary';
    this.#decode = storedDecoder(encoding, () => structuresOf(connection)) ?? (() => {});
    this.#vault = new KVault(connection, { table, valueEncoding, ...storedValues });
    this.#encoded = new KVault(connection, { table, autoPack: false, ...storedValues });
  }

  [Symbol.dispose](): void {
    this.#encoded.close();
    this.#vault.close();
  }

  rows(): Generator<Row> {
    return rowsById<Row>(
      this.#connection.database,
      `SELECT rowid AS id, typeof(key) AS keyType, typeof(value) AS valueType, key,
          CASE WHEN typeof(value) = 'blob' AND length(value) <= ${LONG} THEN value END AS value
        FROM main.${quoteIdentifier(this.#table)} WHERE rowid >= ? ORDER BY rowid`,
    );
  }

  row({ id, keyType, valueType, key, value }: Row): void {
    if (keyType !== 'blob') {
      this.#findings.problem(`row ${id}: the key is of type ${keyType}, not bytes, so no vault finds it`);
      return;
    }
    const bytes = key as Buffer;
    const where = () => keyText(bytes);
    const { Encoding, readHeader } = this.#readers;
    if (valueType !== 'blob') {
      this.#findings.problem(`${where()}: the value is of type ${valueType}, not bytes`);
    } else if (value && readHeader(value)?.id !== Encoding.manifest) {
      this.#decodes.decode(() => this.#decode(value), where);
    } else {
      this.#decodes.decode(() => this.#readLong(bytes), where);
    }
  }

  end(): void {
    this.#decodes.end();
    if (this.#codec !== undefined) {
      this.#findings.note(
        `the values are encoded by ${JSON.stringify(this.#codec)}, a codec of a program: not decoded`,
      );
    }
    const { database } = this.#connection;
    const parts = partsOf(database, this.#table);
    if (!parts) return;
    const keys = `main.${quoteIdentifier(this.#table)}`;
    try {
      const orphans = database
        .prepare(
          `SELECT count(*) FROM ${parts} WHERE key NOT IN (SELECT key FROM ${keys}) AND key IS NOT ${MARK_KEY} ` +
            // Parts that are being written or removed.
            `AND id NOT IN (SELECT id FROM ${parts} WHERE key = ${MARK_KEY})`,
        )
        .pluck()
        .get() as number;
      if (orphans > 0) this.#findings.problem(`${plural(orphans, 'part')} of values that do not exist`);
    } catch (error) {
      this.#findings.problem(`the table of parts: ${problemOf(error)}`);
    }
  }

  /** Reads a value that is long or in parts. Bytes need no decoding, but all their parts must exist. */
  #readLong(key: Buffer): void {
    // What has expired is not read, only removed.
    if (!this.#vault.has(key)) return;
    if (!this.#readBytes(key) && this.#codec === undefined) this.#vault.get(key);
  }

  /** Reads a value piece by piece. Returns false if it is not bytes. */
  #readBytes(key: Buffer): boolean {
    if (!this.#areBytes) return false;
    const { Encoding, HEADER_LENGTH, readHeader } = this.#readers;
    using blob = this.#encoded.openBlob(key);
    const header = readHeader(blob.read(0, Math.min(blob.size, HEADER_LENGTH)));
    if (header && header.id !== Encoding.raw) return false;
    const piece = Buffer.allocUnsafeSlow(LONG);
    for (let offset = 0; offset < blob.size; offset += LONG) blob.readInto(piece, offset);
    return true;
  }
}
