import { KohakuVaultError } from '@kohakuvault/core-native';
import { quoteIdentifier } from '@kohakuvault/core-native/database';
import { KVault } from '@kohakuvault/kvault';
import { Encoding, readHeader } from '@kohakuvault/packer/value';
import { partsOf } from '../file/holdings.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { shownKey } from '../kv/keys.ts';
import { StoredValues } from '../kv/stored-values.ts';
import { plural } from '../terminal/text.ts';
import { Findings, type VerifyContext } from './findings.ts';
import { ValueCheck } from './values.ts';

const ROWS_AT_ONCE = 256;
/** Longer values are looked at by themselves, and read only where they are not plain bytes. */
const LONG = 1024 * 1024;

interface Row {
  rowid: number;
  keyType: string;
  valueType: string;
  key: unknown;
  value: Buffer | null;
}

/** That keys are bytes, which is how they are looked up, and that every value decodes. */
export function verifyKeyValues(file: OpenedFile, table: string, { progress }: VerifyContext): Findings {
  const findings = new Findings(`key-value table ${table}`);
  const values = new ValueCheck(findings);
  const stored = new StoredValues(file.connection, table);
  const vault = new KVault(file.source, { table });
  const page = file.database.prepare(
    `SELECT rowid, typeof(key) AS keyType, typeof(value) AS valueType, key,
        CASE WHEN typeof(value) = 'blob' AND length(value) <= ${LONG} THEN value END AS value
      FROM main.${quoteIdentifier(table)} WHERE rowid > ? ORDER BY rowid LIMIT ${ROWS_AT_ONCE}`,
  );
  let count = 0;
  for (let last = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = page.all(last) as Row[];
    for (const row of rows) {
      progress(++count);
      verifyRow(row);
      last = row.rowid;
    }
    if (rows.length < ROWS_AT_ONCE) break;
  }
  values.end();
  verifyParts();
  findings.checked = plural(count, 'key');
  return findings;

  function verifyParts(): void {
    const parts = partsOf(file.database, table);
    if (!parts) return;
    const orphans = file.database
      .prepare(`SELECT count(*) FROM ${parts} WHERE key NOT IN (SELECT key FROM main.${quoteIdentifier(table)})`)
      .pluck()
      .get() as number;
    if (orphans > 0) findings.problem(`${plural(orphans, 'part')} of values that do not exist`);
  }

  function verifyRow({ rowid, keyType, valueType, key, value }: Row): void {
    if (keyType !== 'blob') {
      findings.problem(`row ${rowid}: the key is of type ${keyType} and not bytes, so that no vault finds it`);
    } else if (valueType !== 'blob') {
      findings.problem(`${shownKey(key as Buffer, false)}: the value is of type ${valueType} and not bytes`);
    } else if (value && readHeader(value)?.id !== Encoding.manifest) {
      values.check(value, () => shownKey(key as Buffer, false));
    } else {
      verifyLong(key as Buffer);
    }
  }

  function verifyLong(key: Buffer): void {
    try {
      const found = stored.look(key);
      if (found?.encoding === 'bytes') verifyBytes(key);
      else vault.get(key);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      findings.problem(`${shownKey(key, false)}: ${error.message}`);
    }
  }

  /** There is nothing to decode in bytes; but those in parts must all be there. */
  function verifyBytes(key: Buffer): void {
    using blob = stored.vault.openBlob(key);
    const piece = Buffer.allocUnsafeSlow(LONG);
    for (let offset = 0; offset < blob.size; offset += LONG) blob.readInto(piece, offset);
  }
}
