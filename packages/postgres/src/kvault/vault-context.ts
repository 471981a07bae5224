import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type KeyedCodec, keyedCodec } from '@kohakuvault/kvault/internal';
import { nameOfEncoding } from '@kohakuvault/packer/value';
import { endDeadLogs } from '../changes/watchers.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { type Catalog, checkEntry, LAYOUT } from '../schema/catalog.ts';
import { TableContext } from '../schema/table-context.ts';
import { EntryReads } from './entry-reads.ts';
import { EntrySql, makeEntryTables, upgradeEntryTables } from './entry-sql.ts';
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
export class VaultContext extends TableContext {
  protected readonly shown = 'the vault';
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

  constructor(
    catalog: Catalog,
    executor: Executor,
    table: string,
    options: CheckedKVaultOptions,
    begin: BeginTransaction,
  ) {
    super(catalog, executor, table);
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

  /** Runs a body of the user in the transaction of a session. */
  inTransaction<T>(session: Session, body: (tx: unknown) => Promise<T>): Promise<T> {
    return this.#begin(session, this.executor, body);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.purges.ended();
  }

  protected async openTables(): Promise<void> {
    const { catalog, executor, table, options } = this;
    const encoding = options.storedEncoding ?? nameOfEncoding('kvault', options.valueEncoding);
    const { partitions } = options;
    const wanted = { name: table, kind: 'kvault', layout: LAYOUT, partitions, encoding, settings: {} } as const;
    const entry = await catalog.findOrMake(executor, wanted, (session) =>
      makeEntryTables(session, catalog, table, partitions),
    );
    checkEntry(entry, 'kvault');
    await catalog.upgrade(executor, entry, (session) => upgradeEntryTables(session, catalog, table));
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
