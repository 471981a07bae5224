import { CorruptData, InvalidArgument } from '@kohakuvault/core-native/internal';
import {
  type Connection,
  changeSchema,
  columnsOf,
  openTable,
  quoteIdentifier,
} from '@kohakuvault/core-native/internal/database';
import type { StoredModel } from './model-rules.ts';

/** A model, and the table of the vectors that it has made. */
export interface ModelRow extends StoredModel {
  /** 1 if all chunks have its vectors, 0 while they are being made. */
  readonly ready: number;
}

export interface DocumentRow {
  readonly number: bigint;
  readonly id: string;
  readonly value: unknown;
  readonly fields: string;
}

export interface ChunkRow {
  readonly id: bigint;
  readonly document: bigint;
  readonly place: number;
  readonly start: number;
  readonly end: number;
}

const DOCUMENT_COLUMNS = 'number,id,value,fields';

/** The tables of documents, their chunks and the models, beside those of the texts and vectors. */
export class DocumentTables {
  readonly #connection: Connection;
  readonly #table: string;
  readonly documents: string;
  readonly chunks: string;
  readonly models: string;
  /** The vectors of chunks by a model that is not ready yet. */
  readonly pending: string;

  constructor(connection: Connection, table: string) {
    const quoted = (suffix: string) => `main.${quoteIdentifier(table + suffix)}`;
    this.#connection = connection;
    this.#table = table;
    this.documents = quoted('');
    this.chunks = quoted('_chunks');
    this.models = quoted('_models');
    this.pending = quoted('_pending');
  }

  /** The name of the table of texts. */
  get texts(): string {
    return `${this.#table}_text`;
  }

  /** Returns the name of the table of a model's vectors. */
  vectors(number: number): string {
    return number === 1 ? `${this.#table}_vectors` : `${this.#table}_vectors_${number}`;
  }

  /** Checks the tables, or makes them with their first model. */
  open(model: string, dimensions: number): void {
    openTable(this.#connection, this.#table, {
      find: () => {
        const columns = columnsOf(this.#connection, this.#table);
        return columns.length > 0 ? columns.join() : undefined;
      },
      check: (columns) => {
        if (columns === DOCUMENT_COLUMNS) return;
        throw new InvalidArgument(
          `${this.documents} is not a table of a DocumentVault: it has the columns ${columns}. Choose another table`,
        );
      },
      make: () => {
        changeSchema(
          this.#connection,
          `CREATE TABLE ${this.documents}
            (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, value BLOB NOT NULL, fields TEXT NOT NULL)`,
          `CREATE TABLE ${this.chunks} (id INTEGER PRIMARY KEY, document INTEGER NOT NULL, place INTEGER NOT NULL,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector INTEGER NOT NULL, UNIQUE (document, place))`,
          `CREATE TABLE ${this.models}
            (number INTEGER PRIMARY KEY, model TEXT NOT NULL, dimensions INTEGER NOT NULL, ready INTEGER NOT NULL)`,
          `CREATE TABLE ${this.pending} (chunk INTEGER PRIMARY KEY, vector INTEGER NOT NULL)`,
        );
        this.write(`INSERT INTO ${this.models} VALUES (1, ?, ?, 1)`, model, dimensions);
      },
    });
  }

  /** Returns the models: the one that is searched, then the one that is being made. */
  modelRows(): ModelRow[] {
    return this.all<ModelRow>(
      `SELECT number, model, dimensions, ready FROM ${this.models} ORDER BY ready DESC, number`,
    );
  }

  document(id: string): DocumentRow | undefined {
    const query = this.#connection.query<DocumentRow>(
      `SELECT number, id, value, fields FROM ${this.documents} WHERE id = ?`,
      { bigints: true },
    );
    return this.#connection.read(() => query.get(id));
  }

  /** Returns the document of a chunk. */
  documentOf(number: bigint): DocumentRow {
    const query = this.#connection.query<DocumentRow>(
      `SELECT number, id, value, fields FROM ${this.documents} WHERE number = ?`,
      { bigints: true },
    );
    const found = this.#connection.read(() => query.get(number));
    if (found) return found;
    throw new CorruptData(`document ${number} of ${this.documents} has chunks, but does not exist. Restore a backup`);
  }

  /** Returns the fields of a document. */
  fieldsOf(number: bigint): Record<string, string | number | bigint | boolean | null> {
    type Field = { key: string; type: string; atom: string | number | bigint | null };
    const query = this.#connection.query<Field>(
      `SELECT field.key, field.type, field.atom FROM ${this.documents} AS doc, json_each(doc.fields) AS field
        WHERE doc.number = ?`,
      { bigints: true },
    );
    return Object.fromEntries(
      this.#connection.read(() => query.all(number)).map(({ key, type, atom }) => [key, fieldOf(type, atom)]),
    );
  }

  /** Returns the chunks before and after another. */
  near({ document, place }: ChunkRow): ChunkRow[] {
    return this.#chunkRows('document = ? AND place IN (?, ?) ORDER BY place', document, place - 1, place + 1);
  }

  /** Returns the chunks of a document in their order. */
  chunksOf(document: bigint): ChunkRow[] {
    return this.#chunkRows('document = ? ORDER BY place', document);
  }

  /** Returns a chunk by its id. */
  chunk(id: bigint): ChunkRow | undefined {
    return this.#chunkRows('id = ?', id)[0];
  }

  #chunkRows(where: string, ...parameters: (bigint | number)[]): ChunkRow[] {
    type Stored = { [name in keyof ChunkRow]: bigint };
    const query = this.#connection.query<Stored>(
      `SELECT id, document, place, start, "end" FROM ${this.chunks} WHERE ${where}`,
      { bigints: true },
    );
    return this.#connection
      .read(() => query.all(...parameters))
      .map(({ id, document, place, start, end }) => ({
        id,
        document,
        place: Number(place),
        start: Number(start),
        end: Number(end),
      }));
  }

  all<Row>(sql: string, ...parameters: (string | number | bigint)[]): Row[] {
    const query = this.#connection.query<Row>(sql);
    return this.#connection.read(() => query.all(...parameters));
  }

  /** Returns the first columns of rows as bigints. */
  ids(sql: string, ...parameters: (string | number | bigint)[]): bigint[] {
    const query = this.#connection.query<bigint>(sql, { pluck: true, bigints: true });
    return this.#connection.read(() => query.all(...parameters));
  }

  write(sql: string, ...parameters: unknown[]): bigint {
    const statement = this.#connection.statement(sql);
    return this.#connection.write(() => statement.run(...parameters)).lastInsertRowid;
  }
}

/** Returns a value of JSON as JavaScript has it. Whole numbers that would lose digits are bigints. */
function fieldOf(type: string, atom: string | number | bigint | null): string | number | bigint | boolean | null {
  if (type === 'true' || type === 'false') return type === 'true';
  return typeof atom === 'bigint' && Number.isSafeInteger(Number(atom)) ? Number(atom) : atom;
}
