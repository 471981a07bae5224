import type { BlobSite, BlobSiteDescription } from './blob-site.ts';
import type { WriteKind } from './board.ts';
import type { Query, RowForm } from './query.ts';
import type { SharedConnection } from './shared-connection.ts';
import type { Statement } from './statement.ts';

/** How a package reads and writes: through a vault's `Connection`, or through what all vaults on it share. */
export interface Access {
  /** What all vaults on the connection share. Companions hold it, and never a `Connection`, which would keep its vault alive. */
  readonly shared: SharedConnection;
  /** By this the core's functions know the connection. */
  readonly handle: number;
  readonly readonly: boolean;

  /** To be called before each read through the core. */
  touch(): void;
  /** Runs something that reads, in the snapshot that successive reads share. */
  read<T>(work: () => T): T;
  /** Runs one write, again while the file is busy. It is nested where its statements run statements of their own. */
  write<T>(work: () => T, kind?: WriteKind): T;
  /** For a cache that writes later: throws now where a write would be refused. */
  checkWritable(): void;

  /** IMMEDIATE; nested it is a savepoint; on a readonly connection a snapshot. For what one call does together. */
  transaction<T>(body: () => T): T;
  /** One consistent state of the file for all the body reads, without the write lock. */
  snapshot<T>(body: () => T): T;
  /**
   * Runs a body of ours that reads several times and must see one state of the file: the one that successive reads share
   * where there is one, and a snapshot of its own otherwise.
   */
  consistently<T>(body: () => T): T;

  /** A number that stays the same while only our own writes change the file; undefined while nothing may be kept: see `FileState`. */
  version(): number | undefined;
  /**
   * A number that moves with whatever this thread's vaults and the user on this connection may have changed, in the file or of what is
   * pending. What other connections commit does not move it.
   */
  stamp(): number;

  /** One object per real connection and key: what all vaults on it must share, such as resident copies. */
  companion<T>(key: string, make: (shared: SharedConnection) => T): T;
  /** A SELECT, for what the core has no call for; to be used inside `read`. */
  query<Row = unknown>(sql: string, form?: RowForm): Query<Row>;
  /** A statement that writes; to be used inside `write`. */
  statement(sql: string): Statement;
  /** Ranges of one column's values, in rows found by their key. */
  blobs(description: BlobSiteDescription): BlobSite;
}
