import type { DatabaseSource, ExpiryOptions, KVaultOptions } from '@kohakuvault/kvault';
import { KVault, setManyTimed } from '@kohakuvault/kvault';
import type { KeyvVaultOptions } from './options.ts';

const { EventEmitter } = process.getBuiltinModule('node:events');

/** A key with its value, and when it expires: milliseconds since 1970. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly expiresAt: number | undefined;
}

/** What the stores for all versions of Keyv do alike. Keys are those of the table here, namespace included. */
export class VaultStore extends EventEmitter {
  /** The vault below, for what Keyv does not have: transactions, ranges, backups. */
  readonly vault: KVault;

  constructor(source: DatabaseSource, { table = 'keyv', vault }: KeyvVaultOptions) {
    super();
    // Each Keyv over the store listens to its errors.
    this.setMaxListeners(0);
    this.vault = new KVault(source, { ...vault, table } as KVaultOptions<'utf8', true>);
  }

  /** Writes all entries, or none. The last entry of a key counts. */
  protected write(entries: readonly Entry[]): void {
    const time = entries[0]?.expiresAt;
    const areAlike = entries.every(({ expiresAt }) => expiresAt === time);
    if (areAlike) this.vault.setMany(entries.map(pairOf), time === undefined ? undefined : { expiresAt: time });
    else this.vault[setManyTimed](entries.map(timedOf));
  }

  /** Writes one entry. */
  protected writeOne(key: string, value: unknown, expiresAt: number | undefined): void {
    if (expiresAt === undefined) this.vault.set(key, value);
    else if (expiresAt > Date.now()) this.vault.set(key, value, { expiresAt });
    else this.vault.delete(key);
  }

  protected deleteEach(keys: readonly string[]): boolean[] {
    return this.vault.transaction(() => keys.map((key) => this.vault.delete(key)));
  }

  protected hasEach(keys: readonly string[]): boolean[] {
    return this.vault.snapshot(() => keys.map((key) => this.vault.has(key)));
  }

  protected clearPrefix(prefix: string): void {
    if (prefix === '') this.vault.clear();
    else this.vault.deleteRange({ prefix });
  }

  async disconnect(): Promise<void> {
    this.vault.close();
  }
}

function pairOf({ key, value }: Entry): [string, unknown] {
  return [key, value];
}

function timedOf({ key, value, expiresAt }: Entry): [string, unknown, ExpiryOptions | undefined] {
  return [key, value, expiresAt === undefined ? undefined : { expiresAt }];
}
