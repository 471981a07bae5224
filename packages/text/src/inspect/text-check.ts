import {
  type Database,
  DecodeCheck,
  type Findings,
  quoteIdentifier,
  type RowWithId,
  rowsById,
} from '@kohakuvault/core-native/internal/database';

/** Longer values are read one at a time. */
const LONG = 1024 * 1024;

interface Document extends RowWithId {
  readonly value: unknown;
}

interface Value extends RowWithId {
  readonly type: string;
  /** Null if the value is long. */
  readonly value: Buffer | null;
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
  /** The document of each value's id. */
  readonly #documentOf = new Map<bigint, bigint>();

  constructor(database: Database, checked: Checked) {
    this.#database = database;
    this.#checked = checked;
    this.#findings = checked.findings;
    this.#table = (suffix) => `main.${quoteIdentifier(`${checked.table}_${suffix}`)}`;
  }

  /** Has FTS5 compare its index with the texts. */
  index(): void {
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
      const other = this.#documentOf.get(value);
      if (other !== undefined) this.#findings.problem(`documents ${other} and ${id} share value ${value}`);
      this.#documentOf.set(value, id);
    }
    return count;
  }

  /** Verifies the values. Call it after `documents`. */
  values(): void {
    const table = this.#table('values');
    const rows = rowsById<Value>(
      this.#database,
      `SELECT id, typeof(value) AS type, CASE WHEN length(value) <= ${LONG} THEN CAST(value AS BLOB) END AS value
        FROM ${table} WHERE id >= ? ORDER BY id`,
    );
    const whole = this.#database.prepare(`SELECT CAST(value AS BLOB) FROM ${table} WHERE id = ?`).pluck();
    const decodes = new DecodeCheck(this.#findings);
    for (const { id, type, value } of rows) {
      if (this.#findings.isFull) return;
      if (!this.#documentOf.delete(id)) this.#findings.problem(`value ${id} belongs to no document`);
      if (type !== 'blob') this.#findings.problem(`value ${id} is not bytes`);
      else this.#value(value ?? (whole.get(id) as Buffer), decodes, () => `value ${id}`);
    }
    decodes.end();
    for (const [value, document] of this.#documentOf) {
      this.#findings.problem(`document ${document} has no value: value ${value} does not exist`);
    }
  }

  #value(stored: Buffer, decodes: DecodeCheck, where: () => string): void {
    const { Encoding, readHeader } = this.#checked.values;
    if (readHeader(stored)?.id === Encoding.manifest) {
      this.#findings.problem(`${where()}: it is in parts, which do not exist`);
    } else {
      decodes.decode(() => this.#checked.decode(stored), where);
    }
  }
}
