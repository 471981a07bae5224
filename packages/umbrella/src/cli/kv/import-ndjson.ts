import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { KVault } from '@kohakuvault/kvault';
import { linesOf } from '../formats/lines.ts';
import { readRecord } from './json-record.ts';
import type { StoredValues } from './stored-values.ts';

/** Where entries are imported to. */
export interface ImportTarget {
  readonly vault: KVault;
  /** The same table, for values that come as the bytes they are stored as. */
  readonly stored: StoredValues;
}

/** Stores every entry of a file of JSON lines; how many. Belongs into a transaction. */
export function importNdjson(source: string, target: ImportTarget, progress: (bytes: number) => void): Promise<number> {
  return eachRecord(source, (record, done) => {
    storeRecord(record, target);
    progress(done);
  });
}

export function storeRecord(record: unknown, { vault, stored }: ImportTarget): void {
  const entry = readRecord(record);
  if ('stored' in entry) stored.vault.set(entry.key, entry.stored);
  else vault.set(entry.key, entry.value);
}

/** Hands on what each line says; how many there were. Where one cannot be used, the error names its line. */
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
