import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, columnsOf, type Query, quoteIdentifier } from '@kohakuvault/core-native/internal/database';

/** The columns that vec0 needs in the shadow tables of our tables. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  chunks: ['chunk_id', 'size', 'validity', 'rowids'],
  rowids: ['rowid', 'id', 'chunk_id', 'chunk_offset'],
  vector_chunks00: ['rowid', 'vectors'],
  metadatachunks00: ['rowid', 'data'],
};

/**
 * Checks vec0's shadow tables before a write. If one of their columns is missing, sqlite-vec 0.1.9 crashes the process,
 * because it uses a statement that it could not prepare.
 */
export class ShadowTables {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #schemaVersion: Query<number>;
  /** The schema version in which the tables were complete. */
  #completeIn: number | undefined;

  constructor(connection: Connection, table: string) {
    this.#connection = connection;
    this.#table = table;
    this.#schemaVersion = connection.query('PRAGMA main.schema_version', { pluck: true });
  }

  /** Refuses damaged tables. Call it inside the transaction of each write. */
  check(): void {
    const version = this.#schemaVersion.get();
    if (version === this.#completeIn) return;
    for (const [suffix, needed] of Object.entries(NEEDED)) {
      const name = `${this.#table}_${suffix}`;
      const existing = columnsOf(this.#connection, name);
      const missing = needed.filter((column) => !existing.includes(column));
      if (missing.length === 0) continue;
      const what = existing.length === 0 ? 'is missing' : `lacks ${missing.join(', ')}`;
      throw new CorruptData(
        `the table ${quoteIdentifier(name)} ${what}; another program changed it. Undo that, or restore a backup`,
      );
    }
    this.#completeIn = version;
  }
}
