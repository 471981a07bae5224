import type { Database } from 'better-sqlite3';
import { quoteIdentifier } from '../database/identifiers.ts';
import { DecodeCheck } from './decode-check.ts';
import type { Findings } from './findings.ts';
import { type RowWithId, rowsById } from './rows.ts';

/** Longer values are read one at a time. */
const LONG = 1024 * 1024;

interface Value extends RowWithId {
  readonly type: string;
  /** Null if the value is long. */
  readonly value: Buffer | null;
}

interface Checked {
  /** The table that has the values. */
  readonly table: string;
  /** What has a value each: 'vector'. */
  readonly owner: string;
  readonly findings: Findings;
  /** Whether the stored bytes say that a value is in parts. */
  isInParts(stored: Buffer): boolean;
  /** Decodes the stored bytes of a value. */
  decode(stored: Buffer): unknown;
}

/** Verifies a table of values: each value decodes and belongs to an owner, and each owner has a value of its own. */
export class OwnedValues {
  readonly #database: Database;
  readonly #checked: Checked;
  /** The owner of each value's id. */
  readonly #ownerOf = new Map<bigint, bigint>();

  constructor(database: Database, checked: Checked) {
    this.#database = database;
    this.#checked = checked;
  }

  /** Notes the value that an owner refers to. */
  note(value: bigint, id: bigint): void {
    const { owner, findings } = this.#checked;
    const other = this.#ownerOf.get(value);
    if (other !== undefined) findings.problem(`${owner}s ${other} and ${id} share value ${value}`);
    this.#ownerOf.set(value, id);
  }

  /** Verifies the values. Call it when every owner is noted. */
  verify(): void {
    const { owner, findings } = this.#checked;
    const table = `main.${quoteIdentifier(this.#checked.table)}`;
    const rows = rowsById<Value>(
      this.#database,
      `SELECT id, typeof(value) AS type, CASE WHEN length(value) <= ${LONG} THEN CAST(value AS BLOB) END AS value
        FROM ${table} WHERE id >= ? ORDER BY id`,
    );
    const whole = this.#database.prepare(`SELECT CAST(value AS BLOB) FROM ${table} WHERE id = ?`).pluck();
    const decodes = new DecodeCheck(findings);
    for (const { id, type, value } of rows) {
      if (findings.isFull) return;
      if (!this.#ownerOf.delete(id)) findings.problem(`value ${id} belongs to no ${owner}`);
      if (type !== 'blob') findings.problem(`value ${id} is not bytes`);
      else this.#value(value ?? (whole.get(id) as Buffer), decodes, () => `value ${id}`);
    }
    decodes.end();
    for (const [value, id] of this.#ownerOf) {
      findings.problem(`${owner} ${id} has no value: value ${value} does not exist`);
    }
  }

  #value(stored: Buffer, decodes: DecodeCheck, where: () => string): void {
    if (this.#checked.isInParts(stored)) {
      this.#checked.findings.problem(`${where()}: it is in parts, which do not exist`);
    } else {
      decodes.decode(() => this.#checked.decode(stored), where);
    }
  }
}
