import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type KeyedCodec, keyedCodec } from '@kohakuvault/kvault/internal';
import { nameOfEncoding } from '@kohakuvault/packer/value';
import { endDeadLogs } from '../changes/watchers.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, checkEntry, LAYOUT } from '../schema/catalog.ts';
import { EntryReads } from './entry-reads.ts';
import { EntrySql, makeEntryTables } from './entry-sql.ts';
import { EntryWrites } from './entry-writes.ts';
import type { CheckedKVaultOptions } from './options.ts';
import { Purges } from './purges.ts';
import { VaultStructures } from './structures.ts';
import { removeDeadUploads } from './uploads.ts';

/** Makes the transaction of a session one of the user's. */
export type BeginTransaction = <T>(session: Session, parent: Executor, body: (tx: unknown) => Promise<T>) => Promise<T>;

/** The encodings whose values share structures. */
const WITH_STRUCTURES = ['msgpack', 'cbor'];

/** What the calls and the streams of one vault share. */
export class VaultContext {
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly table: string;
  readonly options: CheckedKVaultOptions;
  readonly codec: KeyedCodec;
  /** Whether values share structures, which others may add to. */
  readonly hasStructures: boolean;
  readonly structures: VaultStructures;
  readonly sql: EntrySql;
  readonly reads: EntryReads;
  readonly writes: EntryWrites;
  readonly purges: Purges;
  readonly #begin: BeginTransaction;
  readonly #endings = new Set<(reason: KohakuVaultError) => unknown>();
  readonly #beginnings = new Set<Promise<unknown>>();
  #opened: Promise<void> | undefined;
  #isReady = false;
  #open = true;

  constructor(
    catalog: Catalog,
    executor: Executor,
    table: string,
    options: CheckedKVaultOptions,
    begin: BeginTransaction,
  ) {
    this.catalog = catalog;
    this.executor = executor;
    this.table = table;
    this.options = options;
    this.#begin = begin;
    this.structures = new VaultStructures(catalog, table);
    this.codec = keyedCodec(table, options, () => this.structures);
    this.hasStructures = WITH_STRUCTURES.includes(this.codec.encoding);
    this.sql = new EntrySql(catalog, table);
    this.reads = new EntryReads(this.sql);
    this.writes = new EntryWrites(this.sql, this.reads, options.maxBlobBytes);
    this.purges = new Purges(executor, this.writes);
  }

  get open(): boolean {
    return this.#open;
  }

  assertOpen(): void {
    if (this.#open) return;
    throw new KohakuVaultError(`the vault ${this.table} is closed; open it again`, { code: 'KV_CLOSED' });
  }

  /** Whether the vault can be used at once: its tables have been found, and it is open. */
  get isReady(): boolean {
    return this.#isReady && this.#open && this.#beginnings.size === 0;
  }

  /** Finds or makes the tables, once, and waits for watches that begin: what is written next is a change of them. */
  async ready(): Promise<void> {
    await this.tables();
    if (this.#beginnings.size === 0) return;
    await Promise.allSettled(this.#beginnings);
    this.assertOpen();
  }

  /** Has calls that follow wait for the beginning of a watch. */
  waitFor(begun: Promise<unknown>): void {
    this.#beginnings.add(begun);
    const end = () => void this.#beginnings.delete(begun);
    begun.then(end, end);
  }

  /** Finds or makes the tables, once. */
  async tables(): Promise<void> {
    this.assertOpen();
    if (this.#isReady) return;
    this.#opened ??= this.#openTables().catch((error) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
    this.#isReady = true;
    this.assertOpen();
  }

  /** Has `end` called when the vault closes. The function returned unregisters it. */
  register(end: (reason: KohakuVaultError) => unknown): () => void {
    this.#endings.add(end);
    return () => this.#endings.delete(end);
  }

  /** Runs a body of the user in the transaction of a session. */
  inTransaction<T>(session: Session, body: (tx: unknown) => Promise<T>): Promise<T> {
    return this.#begin(session, this.executor, body);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const reason = new KohakuVaultError(
      `the vault ${this.table} was closed before the stream had ended; close the vault after its streams`,
      { code: 'KV_CLOSED' },
    );
    await Promise.all(Array.from(this.#endings, (end) => end(reason)));
    await this.purges.ended();
  }

  async #openTables(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const encoding = options.storedEncoding ?? nameOfEncoding('kvault', options.valueEncoding);
    const { partitions } = options;
    const wanted = { name: table, kind: 'kvault', layout: LAYOUT, partitions, encoding, settings: {} } as const;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeEntryTables(session, catalog, table, partitions),
    );
    checkEntry(entry, 'kvault');
    if (entry.encoding !== encoding) throw otherEncoding(table, entry.encoding);
    if (WITH_STRUCTURES.includes(encoding)) await this.structures.read(executor);
    if (executor.inTransaction) return;
    await removeDeadUploads(this);
    await endDeadLogs(executor, catalog);
  }
}

function otherEncoding(table: string, found: string): InvalidArgument {
  return new InvalidArgument(
    found === 'auto'
      ? `the values of ${table} are encoded as 'auto'; leave valueEncoding out, or choose another name`
      : `the values of ${table} are encoded as ${describe(found)}; pass valueEncoding: ${describe(found)}, or the ` +
          'codec of that name, or choose another name',
  );
}
