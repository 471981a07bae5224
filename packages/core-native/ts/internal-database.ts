/** The same as `internal.ts`, for packages that store data and have better-sqlite3 as a peer dependency. */
export type { Database } from 'better-sqlite3';
export { refuseSwitch } from './checks/encoding-switch.ts';
export type { Access, SharedConnection } from './database/access.ts';
export { BlobSite, type BlobSiteDescription } from './database/blob-site.ts';
export type { WriteKind } from './database/board.ts';
export { type Cached, CachedVault } from './database/cached-vault.ts';
export type { CheckpointMode, CheckpointResult } from './database/checkpoint.ts';
export { CommitWaiter, type Wait, type WaiterOptions } from './database/commit-waiter.ts';
export { Connection, connectionOf } from './database/connection.ts';
export { classOf, type Driver, type DriverName } from './database/driver.ts';
export { type SharedFileSystem, sharedFileSystemOf } from './database/file-system.ts';
export { type ForeignObject, foreignObjects } from './database/foreign-objects.ts';
export { quoteIdentifier, tableKey } from './database/identifiers.ts';
export { KvRecords } from './database/kv-records.ts';
export { Absent, type KvEnds, type KvRange, type KvRow, KvRows } from './database/kv-rows.ts';
export { type KvKey, type KvPendingWrite, KvTable } from './database/kv-table.ts';
export { SCHEMA_VERSION, TABLE as META_TABLE } from './database/meta.ts';
export { metaEntry, setMetaEntry } from './database/meta-entries.ts';
export { type DatabaseSource, openDatabase, type Trust } from './database/open.ts';
export { openVault } from './database/open-vault.ts';
export { checkOptimizeOptions } from './database/optimize.ts';
export { type ConnectionOptions, DEFAULTS as CONNECTION_DEFAULTS, splitOptions } from './database/options.ts';
export { betterSqlite3, checkRuntime } from './database/peer.ts';
export type { PendingWrites } from './database/pending-writes.ts';
export { Query, type QueryParameter, type RowForm } from './database/query.ts';
export { waitedInVain } from './database/retry.ts';
export { Statement, type Written } from './database/statement.ts';
export { type Structures, structuresOf } from './database/structures.ts';
export { type TableChange, TableState, UNKNOWN_OWNER, ValueRead } from './database/table-state.ts';
export { TableUsers } from './database/table-users.ts';
export { changeSchema, columnsOf, openTable } from './database/tables.ts';
export { millisecondsLeft, withTimeLimit } from './database/time-limit.ts';
export type { TransactionParticipant } from './database/transaction-levels.ts';
export type { Attempt, OtherWriter } from './database/transactions.ts';
export { harden, UntrustedFile } from './database/untrusted.ts';
export {
  agreeOnEncoding,
  type EncodedTableSetup,
  forgetEncoding,
  otherEncoding,
  readsStored,
  renameEncoding,
  shareEncoding,
  storedValues,
} from './database/value-encodings.ts';
export { Vault } from './database/vault.ts';
export type { WalReader } from './database/wal-readers.ts';
export type { WalStats } from './database/wal-stats.ts';
export { type CacheOptions, WriteBack } from './database/write-back.ts';
export { fromBetterSqlite3 } from './errors/sqlite-errors.ts';
export { DecodeCheck } from './inspect/decode-check.ts';
export { examine, Findings, problemOf } from './inspect/findings.ts';
export { checkIntegrity } from './inspect/integrity.ts';
export { OpenedFile, type OpenFileOptions, walOf } from './inspect/opened-file.ts';
export { OwnedValues } from './inspect/owned-values.ts';
export { countRows, type RowWithId, rowsById } from './inspect/rows.ts';
export {
  isAboutTheFile,
  isVirtual,
  type SchemaTable,
  schemaTables,
  schemaVersion,
  usesModule,
} from './inspect/schema.ts';
export { shownEncoding, type TableEncoding, tableDecoder, tableEncoding } from './inspect/table-encoding.ts';
export type { PackageTables, TableInspector } from './inspect/table-inspector.ts';
