import { checkOptions, describe, InvalidArgument, type OptionRule } from '@kohakuvault/core-native/internal';
import type { DatabaseSource, KVaultOptions } from '@kohakuvault/kvault';

export interface KVaultDriverOptions {
  /** The path of the file, or an open vault or `Database`, whose file then has the items too. */
  path: DatabaseSource;
  /** The name of the table. Default 'unstorage'. */
  table?: string | undefined;
  /** How long items live by default, in seconds, as in the other drivers of unstorage. Default: for good. */
  ttl?: number | undefined;
  /** Settings of the vault and its connection, such as `synchronous` or `key`. */
  vault?: Omit<KVaultOptions, 'table' | 'keyEncoding' | 'valueEncoding' | 'autoPack' | 'headers'> | undefined;
}

/** As what `getItemRaw` returns bytes: `getItemRaw(key, { type: 'stream' })`. */
export type RawType = 'bytes' | 'arrayBuffer' | 'blob' | 'stream';

const seconds: OptionRule = { expected: 'a number of seconds', accepts: isSeconds };

/** Checks the options of a driver. */
export function checkDriverOptions(options: KVaultDriverOptions | undefined): void {
  const anything: OptionRule = { expected: 'a path, a vault or a Database', accepts: (value) => value != null };
  checkOptions('kvaultDriver', options, {
    path: anything,
    table: { expected: 'a name', accepts: (value) => typeof value === 'string' },
    ttl: seconds,
    vault: { expected: 'an object', accepts: (value) => typeof value === 'object' && value !== null },
  });
  if (options?.path === undefined) {
    throw new InvalidArgument('kvaultDriver needs the option path: the path of a file, an open vault or a Database');
  }
}

/** Returns when something expires that lives so many seconds; undefined: never. */
export function expiryOf(ttl: unknown): { expiresAt: number } | undefined {
  if (ttl === undefined || ttl === null || ttl === 0) return undefined;
  if (!isSeconds(ttl)) throw new InvalidArgument(`ttl is ${describe(ttl)}; expected a number of seconds`);
  return { expiresAt: Date.now() + Math.ceil((ttl as number) * 1000) };
}

function isSeconds(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
