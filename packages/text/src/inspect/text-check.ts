import {
  type Database,
  type Findings,
  OwnedValues,
  quoteIdentifier,
  type RowWithId,
  rowsById,
} from '@kohakuvault/core-native/internal/database';

interface Document extends RowWithId {
  readonly value: unknown;
}

interface Checked {
  readonly table: string;
  readonly columns: number;
  readonly findings: Findings;
  readonly values: Pick<typeof import('@kohakuvault/packer/value'), 'Encoding' | 'readHeader'>;
  /** Decodes the stored bytes of a value. */
  decode(stored: Buffer): unknown;
}

/** Verifies one table: the index agrees with the texts, each document has a value and each value a document. */
export class TextCheck {
  readonly #database: Database;
  readonly #checked: Checked;
  readonly #findings: Findings;
  readonly #table: (suffix: string) => string;
  readonly #values: OwnedValues;

  constructor(database: Database, checked: Checked) {
    this.#database = database;
    this.#checked = checked;
    this.#findings = checked.findings;
    this.#table = (suffix) => `main.${quoteIdentifier(`${checked.table}_${suffix}`)}`;
    const { Encoding, readHeader } = checked.values;
    this.#values = new OwnedValues(database, {
      table: `${checked.table}_values`,
      owner: 'document',
      findings: checked.findings,
      isInParts: (stored) => readHeader(stored)?.id === Encoding.manifest,
      decode: (stored) => checked.decode(stored),
    });
  }

  /** Has FTS5 compare its index with the texts. */
  index(): void {
    // Its check alone would use what it knows of an older state of the file, if the connection has been open for long.
    this.#database.prepare(`SELECT 1 FROM main.${quoteIdentifier(this.#checked.table)} LIMIT 1`).get();
    const rows = this.#database.pragma(`main.integrity_check(${quoteIdentifier(this.#checked.table)})`) as {
      integrity_check: string;
    }[];
    for (const { integrity_check: found } of rows) if (found !== 'ok') this.#findings.problem(found);
  }

  /** Verifies that each document refers to a value of its own. Returns the number of documents. */
  documents(progress: (done: number) => void): number {
    const documents = rowsById<Document>(
      this.#database,
      `SELECT id, c${this.#checked.columns} AS value FROM ${this.#table('content')} WHERE id >= ? ORDER BY id`,
    );
    let count = 0;
    for (const { id, value } of documents) {
      if (this.#findings.isFull) break;
      progress(++count);
      if (typeof value !== 'bigint') {
        this.#findings.problem(`document ${id} refers to its value by ${String(value)}; expected a whole number`);
        continue;
      }
      this.#values.note(value, id);
    }
    return count;
  }

  /** Verifies the values. Call it after `documents`. */
  values(): void {
    this.#values.verify();
  }
}
