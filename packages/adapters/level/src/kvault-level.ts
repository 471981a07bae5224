import { connectionOf } from '@kohakuvault/core-native/internal/database';
import type { DatabaseSource, KVaultOptions } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';
import { type AbstractDatabaseOptions, AbstractLevel } from 'abstract-level';
import type { IteratorSource } from './cursor.ts';
import { type BytesVault, bytesOf, type Format, type FormatName, inFormat } from './formats.ts';
import { KVaultIterator, KVaultKeyIterator, KVaultValueIterator, type LevelIteratorOptions } from './iterators.ts';
import { keyRangeOf, type LevelRange } from './range.ts';
import { runsOf } from './runs.ts';
import { KVaultSnapshot } from './snapshot.ts';
import { type State, States } from './states.ts';

const { existsSync } = process.getBuiltinModule('node:fs');

const MEMORY = ':memory:';

export interface KVaultLevelOptions<K = string, V = string> extends AbstractDatabaseOptions<K, V> {
  /** The name of the table. Default 'level'. */
  table?: string | undefined;
  /** Settings of the vault and its connection, such as `synchronous` or `key`. */
  vault?: Omit<KVaultOptions, 'table' | 'keyEncoding' | 'valueEncoding' | 'autoPack' | 'headers'> | undefined;
}

/** The options of one call, as abstract-level passes them. */
interface CallOptions {
  readonly keyEncoding?: FormatName | undefined;
  readonly valueEncoding?: FormatName | undefined;
  readonly snapshot?: KVaultSnapshot | undefined;
}

interface OpenOptions extends KVaultLevelOptions {
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
}

interface PutOperation {
  readonly type: 'put';
  readonly key: Format;
  readonly value: Format;
}

type Operation = PutOperation | { readonly type: 'del'; readonly key: Format };

interface Opened {
  readonly vault: BytesVault;
  readonly states: States;
}

/** A database of abstract-level in one table of a SQLite file. */
export class KVaultLevel<K = string, V = string> extends AbstractLevel<Format, K, V> {
  readonly #source: DatabaseSource;
  #opened: Opened | undefined;

  /** `source` is a path, or an open vault or `Database`, whose file then has this table too. */
  constructor(source: DatabaseSource, options?: KVaultLevelOptions<K, V>) {
    super(
      {
        encodings: { utf8: true, buffer: true },
        seek: true,
        has: true,
        getSync: true,
        createIfMissing: true,
        errorIfExists: true,
        implicitSnapshots: true,
        explicitSnapshots: true,
        permanence: source !== MEMORY,
        // The types of the manifest do not know `getSync` yet.
      } as object,
      options,
    );
    this.#source = source;
  }

  /** The path of the file. */
  get location(): string {
    return typeof this.#source === 'string' ? this.#source : this.vault.path;
  }

  /** The vault below, for what abstract-level does not have: transactions, backups, streams. */
  get vault(): BytesVault {
    return this.#use.vault;
  }

  get #use(): Opened {
    if (!this.#opened) throw Object.assign(new Error('Database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
    return this.#opened;
  }

  async _open({ table = 'level', vault: settings, createIfMissing, errorIfExists }: OpenOptions): Promise<void> {
    const source = this.#source;
    if (typeof source === 'string' && source !== MEMORY) {
      const exists = existsSync(source);
      if (!createIfMissing && !exists) throw new Error(`${source} does not exist, and createIfMissing is false`);
      if (errorIfExists && exists) throw new Error(`${source} exists, and errorIfExists is true`);
    }
    const vault: BytesVault = new KVault(source, {
      ...settings,
      table,
      keyEncoding: 'bytes',
      valueEncoding: 'binary',
    });
    try {
      this.#opened = { vault, states: new States(vault) };
    } catch (error) {
      vault.close();
      throw error;
    }
  }

  async _close(): Promise<void> {
    const { vault, states } = this.#use;
    states.close();
    vault.close();
    this.#opened = undefined;
  }

  async _get(key: Format, options: CallOptions): Promise<Format | undefined> {
    return this._getSync(key, options);
  }

  _getSync(key: Format, options: CallOptions): Format | undefined {
    const bytes = this.#reader(options).get(key);
    return bytes && inFormat(bytes, options.valueEncoding);
  }

  async _getMany(keys: Format[], options: CallOptions): Promise<(Format | undefined)[]> {
    const { valueEncoding } = options;
    return this.#reader(options)
      .getMany(keys)
      .map((bytes) => bytes && inFormat(bytes, valueEncoding));
  }

  async _has(key: Format, options: CallOptions): Promise<boolean> {
    return this.#reader(options).has(key);
  }

  async _hasMany(keys: Format[], options: CallOptions): Promise<boolean[]> {
    const vault = this.#reader(options);
    return vault.snapshot(() => keys.map((key) => vault.has(key)));
  }

  async _put(key: Format, value: Format): Promise<void> {
    this.vault.set(key, bytesOf(value));
  }

  async _del(key: Format): Promise<void> {
    this.vault.delete(key);
  }

  async _batch(operations: Operation[]): Promise<void> {
    const { vault } = this;
    // A commit of many entries would otherwise wait for the disk now and then.
    vault[connectionOf].shared.moveWalElsewhere();
    const runs = runsOf(operations, ({ type }) => type);
    const write = () => {
      for (const run of runs) {
        if (run[0]?.type === 'put') vault.setMany((run as PutOperation[]).map(pairOf));
        else vault.deleteMany(run.map(({ key }) => key));
      }
    };
    if (runs.length > 1) vault.transaction(write);
    else write();
  }

  async _clear(options: LevelRange & CallOptions): Promise<void> {
    const { vault } = this;
    const { snapshot, limit = -1 } = options;
    const range = keyRangeOf(options);
    if (snapshot) vault.deleteMany(snapshot.state.vault.keys(range));
    else if (limit >= 0) vault.transaction(() => void vault.deleteMany([...vault.keys(range)]));
    else vault.deleteRange({ ...range, reverse: undefined });
  }

  _iterator(options: LevelIteratorOptions & CallOptions): InstanceType<typeof KVaultIterator> {
    return new KVaultIterator(this, options, this.#sourceOf(options));
  }

  _keys(options: LevelIteratorOptions & CallOptions): InstanceType<typeof KVaultKeyIterator> {
    return new KVaultKeyIterator(this, options, this.#sourceOf(options));
  }

  _values(options: LevelIteratorOptions & CallOptions): InstanceType<typeof KVaultValueIterator> {
    return new KVaultValueIterator(this, options, this.#sourceOf(options));
  }

  _snapshot(options: object): KVaultSnapshot {
    return new KVaultSnapshot(this.#use.states.hold(), options);
  }

  #reader({ snapshot }: CallOptions): BytesVault {
    return snapshot ? snapshot.state.vault : this.vault;
  }

  #sourceOf({ snapshot }: CallOptions): IteratorSource {
    if (snapshot) return { state: snapshot.state, end: () => {} };
    const state: State = this.#use.states.hold();
    return { state, end: () => state.end() };
  }
}

function pairOf({ key, value }: PutOperation): [Format, Uint8Array] {
  return [key, bytesOf(value)];
}
