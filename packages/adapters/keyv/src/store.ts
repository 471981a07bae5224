import type { DatabaseSource, KVaultOptions } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';
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

  /** Writes all entries, or none. Those that have expired already are deleted. */
  protected write(entries: readonly Entry[]): void {
    const [first, ...others] = entries;
    const now = Date.now();
    const isOver = entries.some(({ expiresAt = now + 1 }) => expiresAt <= now);
    if (first && others.length === 0 && !isOver) {
      this.vault.set(first.key, first.value, expiryOf(first.expiresAt));
      return;
    }
    if (!isOver && others.every(({ expiresAt }) => expiresAt === first?.expiresAt)) {
      this.vault.setMany(entries.map(pairOf), expiryOf(first?.expiresAt));
      return;
    }
    this.vault.transaction(() => {
      // In the order that was given, because a key may come twice.
      for (const { key, value, expiresAt } of entries) {
        if (expiresAt !== undefined && expiresAt <= now) this.vault.delete(key);
        else this.vault.set(key, value, expiryOf(expiresAt));
      }
    });
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

function expiryOf(expiresAt: number | undefined): { expiresAt: number } | undefined {
  return expiresAt === undefined ? undefined : { expiresAt };
}
