import { CorruptData, NotFound } from '@kohakuvault/core-native/internal';
import {
  type BlobSite,
  type Connection,
  type Query,
  quoteIdentifier,
} from '@kohakuvault/core-native/internal/database';
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

/** Places side by side in one chunk. */
type Run = readonly [Place, ...Place[]];

/** Vectors inserted one after another lie so. */
function* runsOf(places: readonly Place[]): Generator<Run> {
  let run: [Place, ...Place[]] | undefined;
  for (const place of places) {
    const last = run?.at(-1);
    if (run && last && follows(last, place)) {
      run.push(place);
      continue;
    }
    if (run) yield run;
    run = [place];
  }
  if (run) yield run;
}

function follows(one: Place, other: Place): boolean {
  return one.chunk === other.chunk && typeof one.slot === 'bigint' && other.slot === one.slot + 1n;
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
    return place && this.#valueIdsOf([place]).readBigInt64LE();
  }

  /** A vector; to be called inside a snapshot. */
  get(id: bigint): StoredRow | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#rowsOf([place])[0];
  }

  /** The first vectors behind an id; to be called inside a snapshot. */
  pageBehind(id: bigint | undefined, most: number): StoredRow[] {
    const from = id === undefined ? LEAST_ID : id + 1n;
    if (from > GREATEST_ID) return [];
    this.#pageFrom ??= this.#places('place.rowid >= ? ORDER BY place.rowid LIMIT ?');
    const rows: StoredRow[] = [];
    for (const run of runsOf(this.#pageFrom.all(from, most))) rows.push(...this.#rowsOf(run));
    return rows;
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

  /** The vectors of a run, which are read together; each in memory that it shares with the others. */
  #rowsOf(run: Run): StoredRow[] {
    const valueIds = this.#valueIdsOf(run);
    const bytes = this.#vectorBytes;
    this.#expectLength(run[0], 'vector_chunks00', run[0].vectors, bytes);
    const vectors = this.#read(run, this.#vectors, 'vector_chunks00', bytes);
    return run.map(({ id }, nth) => ({
      id,
      vector: vectors.subarray(nth * bytes, (nth + 1) * bytes),
      valueId: valueIds.readBigInt64LE(nth * ID_BYTES),
    }));
  }

  /**
   * The ids of their values, back to back. Refuses places that cannot be, and those that the chunk itself says other
   * vectors have.
   */
  #valueIdsOf(run: Run): Buffer {
    for (const place of run) this.#checkPlace(place);
    const ids = this.#read(run, this.#ids, 'chunks', ID_BYTES);
    for (const [nth, place] of run.entries()) {
      const found = ids.readBigInt64LE(nth * ID_BYTES);
      if (found !== place.id) throw this.#damaged(place, 'chunks', `it has vector ${found} in slot ${place.slot}`);
    }
    this.#expectLength(run[0], 'metadatachunks00', run[0].valueIds, ID_BYTES);
    return this.#read(run, this.#valueIds, 'metadatachunks00', ID_BYTES);
  }

  #checkPlace(place: Place): void {
    const { chunk, slot, slots } = place;
    if (typeof chunk !== 'bigint') throw this.#damaged(place, 'rowids', 'no vector can be there');
    if (slots === null) throw this.#damaged(place, 'chunks', 'its row is missing');
    if (typeof slots !== 'bigint') throw this.#damaged(place, 'chunks', `its size is ${slots}`);
    if (typeof slot !== 'bigint' || slot < 0n || slot >= slots) {
      throw this.#damaged(place, 'rowids', `there is no slot ${slot} in it`);
    }
  }

  /** A part of a chunk is as long as all its slots: otherwise it is of vectors of another shape, or cut off. */
  #expectLength(place: Place, table: string, length: unknown, bytes: number): void {
    const expected = (place.slots as bigint) * BigInt(bytes);
    if (length === null) throw this.#damaged(place, table, 'its row is missing');
    if (length !== expected) throw this.#damaged(place, table, `it has ${length} bytes, ${expected} expected`);
  }

  /** What a part of the chunk has for a run, so many bytes for each slot. */
  #read(run: Run, site: BlobSite, table: string, bytes: number): Buffer {
    const [place] = run;
    const target = Buffer.alloc(run.length * bytes);
    const offset = Number(place.slot) * bytes;
    const isFarOff = offset > Number.MAX_SAFE_INTEGER;
    try {
      if (!isFarOff && site.read(place.chunk as bigint, target, offset) === target.length) return target;
    } catch (error) {
      if (error instanceof NotFound) throw this.#damaged(place, table, 'its row is missing');
      throw error;
    }
    throw this.#damaged(place, table, `it ends before slot ${run.at(-1)?.slot}`);
  }

  #damaged({ id, chunk }: Place, table: string, what: string): CorruptData {
    const name = quoteIdentifier(`${this.#names.table}_${table}`);
    return new CorruptData(
      `the vectors of ${name} are damaged: chunk ${chunk}, which holds vector ${id}: ${what}. Restore a backup`,
    );
  }
}
