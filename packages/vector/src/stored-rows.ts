import { CorruptData, NotFound } from '@kohakuvault/core-native';
import { type BlobSite, type Connection, type Query, quoteIdentifier } from '@kohakuvault/core-native/database';
import type { TableNames } from './table.ts';

/** An id takes so many bytes of a chunk: a vector's, and a value's. */
const ID_BYTES = 8;
const GREATEST_ID = 2n ** 63n - 1n;
const LEAST_ID = -GREATEST_ID - 1n;

/** Where a vector lies: its chunk, the slot in it, and how long the parts of the chunk are; as SQLite gave them. */
interface Place {
  readonly id: bigint;
  readonly chunk: unknown;
  readonly slot: unknown;
  readonly slots: unknown;
  readonly vectors: unknown;
  readonly valueIds: unknown;
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
  readonly #ids: BlobSite;
  #isThere: Query | undefined;
  #placeOf: Query<Place> | undefined;
  #pageFrom: Query<Place> | undefined;

  constructor(connection: Connection, names: TableNames, vectorBytes: number) {
    this.#connection = connection;
    this.#names = names;
    this.#vectorBytes = vectorBytes;
    this.#vectors = connection.blobs({ table: `${names.table}_vector_chunks00`, column: 'vectors', key: ['rowid'] });
    this.#valueIds = connection.blobs({ table: `${names.table}_metadatachunks00`, column: 'data', key: ['rowid'] });
    this.#ids = connection.blobs({ table: `${names.table}_chunks`, column: 'rowids', key: ['chunk_id'] });
  }

  get count(): number {
    const count = this.#connection.query<number>(`SELECT count(*) FROM ${this.#names.rowids}`, { pluck: true });
    return this.#connection.read(() => count.get() as number);
  }

  has(id: bigint): boolean {
    this.#isThere ??= this.#connection.query(`SELECT 1 FROM ${this.#names.rowids} WHERE rowid = ?`, { pluck: true });
    const query = this.#isThere;
    return this.#connection.read(() => query.get(id)) !== undefined;
  }

  /** The id of the vector's value; undefined without such a vector. */
  valueId(id: bigint): bigint | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#valueId(place, this.#slotOf(place));
  }

  /** A vector; to be called inside a snapshot. */
  get(id: bigint): StoredRow | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#row(place);
  }

  /** The first vectors behind an id; to be called inside a snapshot. */
  pageBehind(id: bigint | undefined, most: number): StoredRow[] {
    const from = id === undefined ? LEAST_ID : id + 1n;
    if (from > GREATEST_ID) return [];
    this.#pageFrom ??= this.#places('place.rowid >= ? ORDER BY place.rowid LIMIT ?');
    return this.#pageFrom.all(from, most).map((place) => this.#row(place));
  }

  #placesOf(id: bigint): Place[] {
    this.#placeOf ??= this.#places('place.rowid = ?');
    const query = this.#placeOf;
    return this.#connection.read(() => query.all(id));
  }

  #places(where: string): Query<Place> {
    const part = (suffix: string) => `main.${quoteIdentifier(`${this.#names.table}_${suffix}`)}`;
    // The lengths stand in front of the rows: nothing of the vectors is read for them.
    const sql = `SELECT place.rowid AS id, place.chunk_id AS chunk, place.chunk_offset AS slot, chunk.size AS slots,
        octet_length(part.vectors) AS vectors, octet_length(meta.data) AS valueIds
      FROM ${this.#names.rowids} AS place
        LEFT JOIN ${part('chunks')} AS chunk ON chunk.chunk_id = place.chunk_id
        LEFT JOIN ${part('vector_chunks00')} AS part ON part.rowid = place.chunk_id
        LEFT JOIN ${part('metadatachunks00')} AS meta ON meta.rowid = place.chunk_id
      WHERE ${where}`;
    return this.#connection.query(sql, { bigints: true });
  }

  #row(place: Place): StoredRow {
    const slot = this.#slotOf(place);
    this.#expectLength(place, 'vector_chunks00', place.vectors, this.#vectorBytes);
    const vector = this.#read(place, this.#vectors, 'vector_chunks00', slot * this.#vectorBytes, this.#vectorBytes);
    return { id: place.id, vector, valueId: this.#valueId(place, slot) };
  }

  #valueId(place: Place, slot: number): bigint {
    this.#expectLength(place, 'metadatachunks00', place.valueIds, ID_BYTES);
    return this.#read(place, this.#valueIds, 'metadatachunks00', slot * ID_BYTES, ID_BYTES).readBigInt64LE();
  }

  /** A vector's slot in its chunk. Refuses a place that cannot be, and one that the chunk itself says another vector has. */
  #slotOf(place: Place): number {
    const { id, chunk, slot, slots } = place;
    if (typeof chunk !== 'bigint') throw this.#damaged(place, 'rowids', 'no vector can be there');
    if (slots === null) throw this.#damaged(place, 'chunks', 'its row is missing');
    if (typeof slots !== 'bigint') throw this.#damaged(place, 'chunks', `its size is ${slots}`);
    if (typeof slot !== 'bigint' || slot < 0n || slot >= slots) {
      throw this.#damaged(place, 'rowids', `there is no slot ${slot} in it`);
    }
    const found = this.#read(place, this.#ids, 'chunks', Number(slot) * ID_BYTES, ID_BYTES).readBigInt64LE();
    if (found !== id) throw this.#damaged(place, 'chunks', `it has vector ${found} in slot ${slot}`);
    return Number(slot);
  }

  /** A part of a chunk is as long as all its slots: otherwise it is of vectors of another shape, or cut off. */
  #expectLength(place: Place, table: string, length: unknown, bytes: number): void {
    const expected = (place.slots as bigint) * BigInt(bytes);
    if (length === null) throw this.#damaged(place, table, 'its row is missing');
    if (length !== expected) throw this.#damaged(place, table, `it has ${length} bytes, ${expected} expected`);
  }

  #read(place: Place, site: BlobSite, table: string, offset: number, bytes: number): Buffer {
    const target = Buffer.alloc(bytes);
    const isFarOff = offset > Number.MAX_SAFE_INTEGER;
    try {
      if (!isFarOff && site.read(place.chunk as bigint, target, offset) === bytes) return target;
    } catch (error) {
      if (error instanceof NotFound) throw this.#damaged(place, table, 'its row is missing');
      throw error;
    }
    throw this.#damaged(place, table, `it ends before slot ${place.slot}`);
  }

  #damaged({ id, chunk }: Place, table: string, what: string): CorruptData {
    const name = quoteIdentifier(`${this.#names.table}_${table}`);
    return new CorruptData(
      `the vectors of ${name} are damaged: chunk ${chunk}, which holds vector ${id}: ${what}. Restore a backup`,
    );
  }
}
