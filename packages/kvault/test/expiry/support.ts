import { KVault, type KVaultOptions } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { codeOf } from '../../../../tools/testing/src/thrown.ts';

/** A time at which entries have expired, and one at which they have not. */
export const PAST = { expiresAt: Date.now() - 1_000 };
export const FUTURE = { ttl: 3_600_000 };

/** Opens a vault that is closed when the test ends. */
export function open(source: string | Database.Database | KVault, options?: KVaultOptions): KVault {
  const vault = new KVault(source, options);
  onTestFinished(() => vault.close());
  return vault;
}

/** Opens a connection of the user's, which is closed when the test ends. */
export function database(file: string): Database.Database {
  const opened = new Database(file, { timeout: 0 });
  onTestFinished(() => void opened.close());
  return opened;
}

/** Has entries of the file expire, as if their time had come: the format of the table is documented. */
export function expire(file: string, ...keys: string[]): void {
  const other = new Database(file);
  const change = other.prepare(
    'UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1 WHERE key = CAST(? AS BLOB)',
  );
  for (const key of keys) if (change.run(key).changes !== 1) throw new Error(`${key} has no time`);
  other.close();
}

/** Returns the keys that the file has, expired or not, and when they expire, as another program sees it. */
export function stored(file: string): { keys: string[]; times: Record<string, number> } {
  const other = new Database(file, { readonly: true });
  const keys = other.prepare('SELECT CAST(key AS TEXT) FROM kv ORDER BY key').pluck().all() as string[];
  const hasTimes =
    other.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kohakuvault_expiry_kv'").get() !== undefined;
  const times = hasTimes
    ? (other
        .prepare(
          'SELECT CAST(key AS TEXT), expires_at FROM kohakuvault_expiry_kv WHERE expires_at IS NOT NULL ORDER BY key',
        )
        .raw()
        .all() as [string, number][])
    : [];
  other.close();
  return { keys, times: Object.fromEntries(times) };
}

/** Everything that a vault shows of its entries, in every way. */
export function shown(vault: KVault, keys: readonly string[]): unknown {
  const all = [...vault];
  return {
    all,
    reversed: [...vault.entries({ reverse: true })],
    keys: [...vault.keys()],
    values: [...vault.values()],
    array: vault.toArray(),
    limited: vault.toArray({ limit: 2 }),
    range: vault.getMany({ gte: 'b' }),
    size: vault.size,
    count: vault.count(),
    counted: [0, 1, 2, 3].map((limit) => vault.count({ limit })),
    prefixed: keys.map((key) => vault.count(key)),
    get: keys.map((key) => vault.get(key, 'none')),
    many: vault.getMany(keys),
    holes: Object.keys(vault.getMany(keys)),
    has: keys.map((key) => vault.has(key)),
    sizeOf: keys.map((key) => vault.sizeOf(key)),
    getOrThrow: keys.map((key) => outcomeOf(() => vault.getOrThrow(key))),
    versions: keys.map((key) => vault.getWithVersion(key)).map(({ value, version }) => [value, String(version)]),
    lives: keys.map((key) => vault.ttlOf(key) !== undefined),
    object: { ...vault.asObject() },
    blob: keys.map((key) => outcomeOf(() => blobOf(vault, key))),
    stream: keys.map((key) => outcomeOf(() => void vault.createReadStream(key).destroy())),
  };
}

function blobOf(vault: KVault, key: string): Buffer {
  using blob = vault.openBlob(key);
  return blob.read(0, blob.size);
}

function outcomeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch {
    return codeOf(call);
  }
}
