import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, columnsOf, type Query, quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/** The columns that vec0 needs of its own tables, of those that a table of ours has. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  chunks: ['chunk_id', 'size', 'validity', 'rowids'],
  rowids: ['rowid', 'id', 'chunk_id', 'chunk_offset'],
  vector_chunks00: ['rowid', 'vectors'],
  metadatachunks00: ['rowid', 'data'],
};

/**
 * vec0's own tables, before it writes to them: where a column of one is missing, sqlite-vec 0.1.9 goes on without the
 * statement it could not prepare, and ends the process.
 */
export class ShadowTables {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #schemaVersion: Query<number>;
  /** The version of the schema in which they were found to be whole. */
  #whole: number | undefined;

  constructor(connection: Connection, table: string) {
    this.#connection = connection;
    this.#table = table;
    this.#schemaVersion = connection.query('PRAGMA main.schema_version', { pluck: true });
  }

  /** To be called inside the transaction of each write. */
  check(): void {
    const version = this.#schemaVersion.get();
    if (version === this.#whole) return;
    for (const [suffix, needed] of Object.entries(NEEDED)) {
      const name = `${this.#table}_${suffix}`;
      const there = columnsOf(this.#connection, name);
      const missing = needed.filter((column) => !there.includes(column));
      if (missing.length === 0) continue;
      const what = there.length === 0 ? 'is missing' : `lacks ${missing.join(', ')}`;
      throw new CorruptData(
        `the table ${quoteIdentifier(name)} ${what}: something else has changed it. Undo that, or restore a backup`,
      );
    }
    this.#whole = version;
  }
}
