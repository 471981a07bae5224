import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { KVault } from '@kohakuvault/kvault';
import { decodeValue } from '@kohakuvault/packer/value';
import { linesOf } from '../formats/lines.ts';
import type { EncodedTable } from './encoded-table.ts';
import { readRecord } from './json-record.ts';

/** The table that entries are imported into. */
export interface ImportTarget {
  readonly vault: KVault;
  /** The same table, for values that are already encoded. */
  readonly encoded: EncodedTable;
}

/** Stores the entries of a file of JSON lines. Returns their number. Call it inside a transaction. */
export function importNdjson(source: string, target: ImportTarget, progress: (bytes: number) => void): Promise<number> {
  return eachRecord(source, (record, done) => {
    storeRecord(record, target);
    progress(done);
  });
}

export function storeRecord(record: unknown, { vault, encoded }: ImportTarget): void {
  const entry = readRecord(record);
  if (!('stored' in entry)) vault.set(entry.key, entry.value);
  else if (vault.valueEncoding === 'auto') encoded.vault.set(entry.key, entry.stored);
  else vault.set(entry.key, decodeValue(entry.stored));
}

/** Calls `body` for each line. Returns the number of lines. An error names its line. */
export async function eachRecord(
  source: string,
  body: (record: unknown, done: number) => void | Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const { text, number, done } of linesOf(source)) {
    try {
      await body(parse(text), done);
    } catch (cause) {
      if (!(cause instanceof KohakuVaultError) || cause.code !== 'KV_INVALID_ARGUMENT') throw cause;
      const name = source === '-' ? 'stdin' : source;
      throw new InvalidArgument(`line ${number} of ${name}: ${cause.message}; nothing was imported`, { cause });
    }
    count++;
  }
  return count;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgument(`it is not JSON (${(cause as Error).message})`, { cause });
  }
}
