import { CorruptData, NotFound } from '@kohakuvault/core-native';
import { type BlobSite, type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';
import type { Statement } from 'better-sqlite3';
import type { TableNames } from './table.ts';

/** Vectors read at a time by an iteration. */
const PAGE_ROWS = 128;
/** A value's id takes so many bytes of a chunk's metadata. */
const VALUE_ID_BYTES = 8;

/** Where a vector lies: its chunk, and the slot in it. */
interface Place {
  readonly id: bigint;
  readonly chunk: bigint;
  readonly slot: bigint;
}

/** A vector as it is stored, and the id of its value. */
export interface StoredRow {
  readonly id: bigint;
  readonly vector: Buffer;
  readonly valueId: bigint;
}

/** Single vectors out of vec0's own tables: reading them needs no sqlite-vec. */
export class StoredRows {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #vectorBytes: number;
  readonly #vectors: BlobSite;
  readonly #valueIds: BlobSite;
  #placeOf: Statement | undefined;

  constructor(connection: Connection, names: TableNames, vectorBytes: number) {
    this.#connection = connection;
    this.#names = names;
    this.#vectorBytes = vectorBytes;
    this.#vectors = connection.blobs({ table: `${names.table}_vector_chunks00`, column: 'vectors', key: ['rowid'] });
    this.#valueIds = connection.blobs({ table: `${names.table}_metadatachunks00`, column: 'data', key: ['rowid'] });
  }

  get count(): number {
    const { database } = this.#connection.shared;
    return this.#connection.read(() =>
      Number(database.prepare(`SELECT count(*) FROM ${this.#names.rowids}`).pluck().get()),
    );
  }

  has(id: bigint): boolean {
    return this.#placesOf(id).length > 0;
  }

  /** The id of the vector's value; undefined without such a vector. */
  valueId(id: bigint): bigint | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#valueId(place);
  }

  get(id: bigint): StoredRow | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#row(place);
  }

  /** The first vectors behind an id, from one state of the file. */
  pageBehind(id: bigint | undefined): StoredRow[] {
    const places =
      id === undefined
        ? this.#places(`TRUE ORDER BY rowid LIMIT ${PAGE_ROWS}`).all()
        : this.#places(`rowid > ? ORDER BY rowid LIMIT ${PAGE_ROWS}`).all(id);
    return (places as Place[]).map((place) => this.#row(place));
  }

  #placesOf(id: bigint): Place[] {
    this.#placeOf ??= this.#places('rowid = ?');
    const statement = this.#placeOf;
    return this.#connection.read(() => statement.all(id) as Place[]);
  }

  #places(where: string): Statement {
    const sql = `SELECT rowid AS id, chunk_id AS chunk, chunk_offset AS slot FROM ${this.#names.rowids} WHERE ${where}`;
    return this.#connection.shared.database.prepare(sql).safeIntegers();
  }

  #row(place: Place): StoredRow {
    const vector = this.#part(this.#vectors, 'vector_chunks00', place, this.#vectorBytes);
    return { id: place.id, vector, valueId: this.#valueId(place) };
  }

  #valueId(place: Place): bigint {
    return this.#part(this.#valueIds, 'metadatachunks00', place, VALUE_ID_BYTES).readBigInt64LE();
  }

  #part(site: BlobSite, table: string, { id, chunk, slot }: Place, bytes: number): Buffer {
    const target = Buffer.alloc(bytes);
    let what = `it ends before slot ${slot}`;
    try {
      if (site.read(chunk, target, Number(slot) * bytes) === bytes) return target;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      what = 'its row is missing';
    }
    throw new CorruptData(
      `the vectors of ${quoteIdentifier(`${this.#names.table}_${table}`)} are damaged: chunk ${chunk}, which holds vector ${id}: ${what}. Restore a backup`,
    );
  }
}
