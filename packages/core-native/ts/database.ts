export type { Database } from 'better-sqlite3';
export { BlobSite, type BlobSiteDescription } from './database/blob-site.ts';
export { type CheckpointMode, type CheckpointResult, Connection, connectionOf } from './database/connection.ts';
export { quoteIdentifier } from './database/identifiers.ts';
export { SCHEMA_VERSION } from './database/meta.ts';
export { type DatabaseSource, openDatabase } from './database/open.ts';
export { CONNECTION_RULES, type ConnectionOptions, DEFAULTS as CONNECTION_DEFAULTS } from './database/options.ts';
export { betterSqlite3, checkRuntime } from './database/peer.ts';
export type { TransactionParticipant } from './database/transactions.ts';
