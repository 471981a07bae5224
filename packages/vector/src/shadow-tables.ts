import { CorruptData } from '@kohakuvault/core-native/internal';
import { type Connection, columnsOf, type Query, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { shapeOf } from './declaration.ts';
import type { VectorShape } from './options.ts';
import { definitionOf } from './table.ts';

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
  readonly #shape: VectorShape;
  readonly #schemaVersion: Query<number>;
  /** The schema version in which the tables were complete. */
  #completeIn: number | undefined;

  constructor(connection: Connection, table: string, shape: VectorShape) {
    this.#connection = connection;
    this.#shape = shape;
    this.#table = table;
    this.#schemaVersion = connection.query('PRAGMA main.schema_version', { pluck: true });
  }

  /** Refuses damaged tables. Call it inside the transaction of each write. */
  check(): void {
    const version = this.#schemaVersion.get();
    if (version === this.#completeIn) return;
    this.#checkDeclaration();
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

  /** Refuses a table that was dropped, or declared again with vectors of another shape. */
  #checkDeclaration(): void {
    const name = quoteIdentifier(this.#table);
    const definition = definitionOf(this.#connection, this.#table);
    if (definition === undefined) {
      throw new CorruptData(`the table ${name} was dropped or renamed; open the vault again`);
    }
    const found = shapeOf(definition);
    const { dimensions, vectorType, metric } = this.#shape;
    if (found?.dimensions === dimensions && found.vectorType === vectorType && found.metric === metric) return;
    throw new CorruptData(`the table ${name} was declared again: ${definition}; open the vault again with that shape`);
  }
}
