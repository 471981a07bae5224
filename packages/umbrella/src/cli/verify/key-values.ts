import { KohakuVaultError } from '@kohakuvault/core-native';
import { quoteIdentifier } from '@kohakuvault/core-native/database';
import { KVault } from '@kohakuvault/kvault';
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
  findings.checked = plural(count, 'key');
  return findings;

  function verifyRow({ rowid, keyType, valueType, key, value }: Row): void {
    if (keyType !== 'blob') {
      findings.problem(`row ${rowid}: the key is of type ${keyType} and not bytes, so that no vault finds it`);
    } else if (valueType !== 'blob') {
      findings.problem(`${shownKey(key as Buffer, false)}: the value is of type ${valueType} and not bytes`);
    } else if (value) {
      values.check(value, () => shownKey(key as Buffer, false));
    } else {
      verifyLong(key as Buffer);
    }
  }

  function verifyLong(key: Buffer): void {
    try {
      // The pages of bytes have been looked at by SQLite; there is nothing in them to decode.
      if (stored.look(key)?.encoding !== 'bytes') vault.get(key);
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
      findings.problem(`${shownKey(key, false)}: ${error.message}`);
    }
  }
}
