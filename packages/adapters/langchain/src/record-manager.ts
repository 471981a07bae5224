import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DatabaseSource } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';
import { type ListKeyOptions, RecordManager, type UpdateOptions } from '@langchain/core/indexing';
import type { VaultSettings } from './vault-settings.ts';

export interface KVaultRecordManagerOptions {
  /** Keeps the records of several indexes apart, such as the name of a collection. Default ''. */
  namespace?: string | undefined;
  /** The name of the table. Default 'langchain_records'. */
  table?: string | undefined;
  /** Settings of the vault and its connection. */
  vault?: VaultSettings | undefined;
}

/** When a document was indexed, in milliseconds, and of which source it is. */
type Record = readonly [time: number, group: string | null];

/** Times are written with thousandths of a millisecond, in so many digits. */
const DIGITS = 17;

/**
 * Remembers which documents `index` of LangChain has written, so that it writes none twice and finds those that are
 * gone. A record has two rows: by its key, and by its time, in whose order old ones are found.
 */
export class KVaultRecordManager extends RecordManager {
  override lc_namespace = ['kohakuvault', 'recordmanagers'];
  /** The vault below. */
  readonly vault: KVault<Record>;
  readonly #byKey: string;
  readonly #byTime: string;
  #lastTime = 0;

  /** `source` is a path, or an open vault or `Database`, whose file then has the records too. */
  constructor(
    source: DatabaseSource,
    { namespace = '', table = 'langchain_records', vault }: KVaultRecordManagerOptions = {},
  ) {
    super();
    if (namespace.includes('\0')) throw new InvalidArgument('the namespace contains NUL; expected text without it');
    this.vault = new KVault<Record>(source, { ...vault, table });
    this.#byKey = `${namespace}\0key\0`;
    this.#byTime = `${namespace}\0time\0`;
  }

  /** Does nothing: the table is there since the constructor. */
  async createSchema(): Promise<void> {}

  /** Returns the time: it grows with each call, so that what comes before and after an indexing can be told apart. */
  async getTime(): Promise<number> {
    this.#lastTime = Math.max(Date.now(), this.#lastTime + 0.001);
    return this.#lastTime;
  }

  async update(keys: string[], { groupIds, timeAtLeast }: UpdateOptions = {}): Promise<void> {
    if (groupIds && groupIds.length !== keys.length) {
      throw new InvalidArgument(`update got ${keys.length} keys and ${groupIds.length} groupIds; expected as many`);
    }
    const time = await this.getTime();
    if (timeAtLeast !== undefined && time < timeAtLeast) {
      throw new InvalidArgument(`the clock shows ${time}, before ${timeAtLeast}; set the clock of this machine`);
    }
    // The last one of a key counts.
    const groups = new Map(keys.map((key, index) => [key, groupIds?.[index] ?? null]));
    this.vault.transaction(() => {
      this.#forgetTimes([...groups.keys()]);
      this.vault.setMany(
        Array.from(groups).flatMap(([key, group]): [string, Record][] => [
          [this.#byKey + key, [time, group]],
          [this.#timeKey(time, key), [time, group]],
        ]),
      );
    });
  }

  async exists(keys: string[]): Promise<boolean[]> {
    return this.vault.getMany(keys.map((key) => this.#byKey + key)).map((record) => record !== undefined);
  }

  /** Lists keys by their times, the oldest first. */
  async listKeys({ before, after, groupIds, limit }: ListKeyOptions = {}): Promise<string[]> {
    const prefix = this.#byTime;
    const found: string[] = [];
    if (limit !== undefined && limit <= 0) return found;
    const range = {
      prefix,
      // Both ends are excluded.
      ...(after !== undefined && { gte: `${prefix}${digits(after)}\x01` }),
      ...(before !== undefined && { lt: `${prefix}${digits(before)}` }),
    };
    for (const [row, [, group]] of this.vault.entries(range)) {
      if (groupIds && !groupIds.includes(group)) continue;
      found.push(row.slice(prefix.length + DIGITS + 1));
      if (found.length === limit) break;
    }
    return found;
  }

  async deleteKeys(keys: string[]): Promise<void> {
    this.vault.transaction(() => {
      this.#forgetTimes(keys);
      this.vault.deleteMany(keys.map((key) => this.#byKey + key));
    });
  }

  /** Closes the vault. */
  close(): void {
    this.vault.close();
  }

  #forgetTimes(keys: readonly string[]): void {
    const records = this.vault.getMany(keys.map((key) => this.#byKey + key));
    this.vault.deleteMany(
      keys.flatMap((key, index) => {
        const record = records[index];
        return record ? [this.#timeKey(record[0], key)] : [];
      }),
    );
  }

  #timeKey(time: number, key: string): string {
    return `${this.#byTime}${digits(time)}\0${key}`;
  }
}

function digits(time: number): string {
  return String(Math.max(0, Math.round(time * 1000))).padStart(DIGITS, '0');
}
