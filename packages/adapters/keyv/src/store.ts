import type { DatabaseSource, KVaultOptions } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';
import { runsOf } from '../../shared/src/runs.ts';
import type { KeyvVaultOptions } from './options.ts';

const { EventEmitter } = process.getBuiltinModule('node:events');

/** Stands for a time that is past. */
const OVER = 'over';

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
    const now = Date.now();
    const expiryOf = ({ expiresAt }: Entry) => (expiresAt !== undefined && expiresAt <= now ? OVER : expiresAt);
    const { vault } = this;
    // In the order that was given, because a key may come twice.
    const runs = runsOf(entries, expiryOf);
    const write = () => {
      for (const run of runs) {
        const expiresAt = expiryOf(run[0] as Entry);
        if (expiresAt === OVER) vault.deleteMany(run.map(({ key }) => key));
        else vault.setMany(run.map(pairOf), expiresAt === undefined ? undefined : { expiresAt });
      }
    };
    if (runs.length > 1) vault.transaction(write);
    else write();
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
