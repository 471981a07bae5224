import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { DatabaseSource, KeyRange } from '@kohakuvault/kvault';
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
 * gone. A record has a row by its key, one by its time, in whose order old ones are found, and one by its group and time,
 * if it has a group: an indexing asks for the old records of some sources after each batch.
 */
export class KVaultRecordManager extends RecordManager {
  override lc_namespace = ['kohakuvault', 'recordmanagers'];
  /** The vault below. */
  readonly vault: KVault<Record>;
  readonly #byKey: string;
  readonly #byTime: string;
  readonly #byGroup: string;
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
    this.#byGroup = `${namespace}\0group\0`;
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
        Array.from(groups).flatMap(([key, group]) => {
          const record: Record = [time, group];
          const rows = [this.#byKey + key, ...this.#timeRows(record, key)];
          return rows.map((row): [string, Record] => [row, record]);
        }),
      );
    });
  }

  async exists(keys: string[]): Promise<boolean[]> {
    return this.vault.getMany(keys.map((key) => this.#byKey + key)).map((record) => record !== undefined);
  }

  /** Lists keys by their times, the oldest first. */
  async listKeys({ before, after, groupIds, limit }: ListKeyOptions = {}): Promise<string[]> {
    if (limit !== undefined && limit <= 0) return [];
    const times = { before, after };
    // Records without a group have no row by it.
    if (groupIds && !groupIds.includes(null)) return this.#keysOfGroups(new Set(groupIds as string[]), times, limit);
    const found: string[] = [];
    for (const [row, [, group]] of this.vault.entries(rangeOf(this.#byTime, times))) {
      if (groupIds && !groupIds.includes(group)) continue;
      found.push(row.slice(this.#byTime.length + DIGITS + 1));
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

  #keysOfGroups(groups: ReadonlySet<string>, times: Times, limit: number | undefined): string[] {
    // The ends of the rows: a time and a key.
    const found = this.vault.snapshot(() =>
      Array.from(groups, (group) => {
        const prefix = this.#groupPrefix(group);
        const rows = this.vault.keys({ ...rangeOf(prefix, times), limit });
        return Array.from(rows, (row) => row.slice(prefix.length));
      }).flat(),
    );
    if (groups.size > 1) found.sort();
    return found.slice(0, limit).map((row) => row.slice(DIGITS + 1));
  }

  #forgetTimes(keys: readonly string[]): void {
    const records = this.vault.getMany(keys.map((key) => this.#byKey + key));
    this.vault.deleteMany(
      keys.flatMap((key, index) => {
        const record = records[index];
        return record ? this.#timeRows(record, key) : [];
      }),
    );
  }

  /** Returns the rows by which a record is found by its time. */
  #timeRows([time, group]: Record, key: string): string[] {
    const row = `${digits(time)}\0${key}`;
    return group === null ? [this.#byTime + row] : [this.#byTime + row, this.#groupPrefix(group) + row];
  }

  /** As JSON, no group is the beginning of another. */
  #groupPrefix(group: string): string {
    return this.#byGroup + JSON.stringify(group);
  }
}

interface Times {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Returns the rows with a prefix whose times lie between two, both excluded. */
function rangeOf(prefix: string, { before, after }: Times): KeyRange {
  return {
    prefix,
    ...(after !== undefined && { gte: `${prefix}${digits(after)}\x01` }),
    ...(before !== undefined && { lt: `${prefix}${digits(before)}` }),
  };
}

function digits(time: number): string {
  return String(Math.max(0, Math.round(time * 1000))).padStart(DIGITS, '0');
}
