import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { Encoding, readHeader } from '@kohakuvault/packer/value';
import { partsOf } from '../file/holdings.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { shownKey } from '../kv/keys.ts';
import { StoredValues } from '../kv/stored-values.ts';
import { plural } from '../terminal/text.ts';
import { checked, type Findings, refusal, type VerifyContext } from './findings.ts';
import { type Paged, rowsById } from './rows-by-id.ts';
import { ValueCheck } from './values.ts';

/** Longer values are looked at by themselves, and read only where they are not plain bytes. */
const LONG = 1024 * 1024;

interface Row extends Paged {
  keyType: string;
  valueType: string;
  key: unknown;
  value: Buffer | null;
}

/** That keys are bytes, which is how they are looked up, that every value decodes, and that its parts are there. */
export function verifyKeyValues(file: OpenedFile, table: string, context: VerifyContext): Findings {
  return checked(`key-value table ${table}`, (findings) => {
    const check = new KeyValueCheck(file, table, findings);
    let count = 0;
    for (const row of check.rows()) {
      if (findings.isFull) break;
      context.progress(++count);
      check.row(row);
    }
    findings.checked = plural(count, 'key');
    check.end();
  });
}

class KeyValueCheck {
  readonly #file: OpenedFile;
  readonly #table: string;
  readonly #findings: Findings;
  readonly #values: ValueCheck;
  readonly #stored: StoredValues;
  readonly #vault: KVault;

  constructor(file: OpenedFile, table: string, findings: Findings) {
    this.#file = file;
    this.#table = table;
    this.#findings = findings;
    this.#values = new ValueCheck(findings);
    this.#stored = new StoredValues(file.connection, table);
    this.#vault = new KVault(file.source, { table });
  }

  rows(): Generator<Row> {
    return rowsById<Row>(
      this.#file.database,
      `SELECT rowid AS id, typeof(key) AS keyType, typeof(value) AS valueType, key,
          CASE WHEN typeof(value) = 'blob' AND length(value) <= ${LONG} THEN value END AS value
        FROM main.${quoteIdentifier(this.#table)} WHERE rowid >= ? ORDER BY rowid`,
    );
  }

  row({ id, keyType, valueType, key, value }: Row): void {
    if (keyType !== 'blob') {
      this.#findings.problem(`row ${id}: the key is of type ${keyType} and not bytes, so that no vault finds it`);
    } else if (valueType !== 'blob') {
      this.#findings.problem(`${shownKey(key as Buffer, false)}: the value is of type ${valueType} and not bytes`);
    } else if (value && readHeader(value)?.id !== Encoding.manifest) {
      this.#values.check(value, () => shownKey(key as Buffer, false));
    } else {
      this.#values.attempt(
        () => this.#readLong(key as Buffer),
        () => shownKey(key as Buffer, false),
      );
    }
  }

  end(): void {
    this.#values.end();
    const parts = partsOf(this.#file.database, this.#table);
    if (!parts) return;
    const keys = `main.${quoteIdentifier(this.#table)}`;
    try {
      const orphans = this.#file.database
        .prepare(`SELECT count(*) FROM ${parts} WHERE key NOT IN (SELECT key FROM ${keys})`)
        .pluck()
        .get() as number;
      if (orphans > 0) this.#findings.problem(`${plural(orphans, 'part')} of values that do not exist`);
    } catch (error) {
      this.#findings.problem(`the table of parts: ${refusal(error)}`);
    }
  }

  /** There is nothing to decode in bytes; but those in parts must all be there. */
  #readLong(key: Buffer): void {
    if (this.#stored.look(key)?.encoding !== 'bytes') {
      this.#vault.get(key);
      return;
    }
    using blob = this.#stored.vault.openBlob(key);
    const piece = Buffer.allocUnsafeSlow(LONG);
    for (let offset = 0; offset < blob.size; offset += LONG) blob.readInto(piece, offset);
  }
}
