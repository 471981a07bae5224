import type { ConnectionOptions, Vault } from '@kohakuvault/core-native/database';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { tempFile } from './temp.ts';

/** A vault whose file takes no writes between `hold` and `free`. */
export interface Held<V extends Vault> {
  readonly file: string;
  readonly vault: V;
  readonly hold: () => void;
  readonly free: () => void;
  /** The code of the errors meanwhile. */
  readonly code: 'KV_IO' | 'KV_BUSY';
}

/** Returns functions that open a vault on a file that can be held, by the reason why it takes no writes. */
export function heldFiles<V extends Vault>(
  open: (file: string, options: ConnectionOptions) => V,
): Readonly<Record<'a full disk' | 'a busy file', () => Held<V>>> {
  return {
    'a full disk': () => {
      const file = tempFile();
      const vault = open(file, {});
      onTestFinished(() => vault.close());
      const { database } = vault;
      const limit = (pages: unknown) => void database.pragma(`max_page_count = ${pages}`);
      const hold = () => limit(database.pragma('page_count', { simple: true }));
      return { file, vault, hold, free: () => limit(1_000_000), code: 'KV_IO' };
    },
    'a busy file': () => {
      const file = tempFile();
      const vault = open(file, { busyTimeout: 0, retries: 0 });
      const other = new Database(file);
      onTestFinished(() => {
        other.close();
        vault.close();
      });
      const run = (sql: string) => () => void other.exec(sql);
      return { file, vault, hold: run('BEGIN IMMEDIATE'), free: run('COMMIT'), code: 'KV_BUSY' };
    },
  };
}
