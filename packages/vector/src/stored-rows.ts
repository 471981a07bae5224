import { CorruptData, NotFound } from '@kohakuvault/core-native/internal';
import {
  type BlobSite,
  type Connection,
  type Query,
  quoteIdentifier,
} from '@kohakuvault/core-native/internal/database';
import type { ResolvedIds } from './id-range.ts';
import { GREATEST_ID, LEAST_ID } from './ids.ts';
import type { TableNames } from './table.ts';

/** The bytes of an id in a chunk. */
const ID_BYTES = 8;

/** The place of a vector: its chunk, its slot, and the lengths of the chunk's parts. Nothing is checked yet. */
interface Place {
  readonly id: bigint;
  readonly chunk: unknown;
  readonly slot: unknown;
  readonly slots: unknown;
  readonly vectors: unknown;
  readonly valueIds: unknown;
}

/** An encoded vector, and the id of its value. */
export interface StoredRow {
  readonly id: bigint;
  readonly vector: Buffer;
  readonly valueId: bigint;
}

/** Adjacent places in one chunk. */
type Run = readonly [Place, ...Place[]];

/** Groups adjacent places. Vectors that were inserted one after another are adjacent. */
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

function inRange(column: string, { reverse }: ResolvedIds): string {
  return `${column} BETWEEN ? AND ? ORDER BY ${column} ${reverse ? 'DESC' : 'ASC'} LIMIT ?`;
}

function pageOf<Row>(query: Query<Row>, { first, last, limit }: ResolvedIds, most: number): Row[] {
  // Beyond these, an id does not fit into 64 bits.
  if (first > GREATEST_ID || last < LEAST_ID) return [];
  return query.all(first, last, Math.min(limit, most));
}

/** Reads single vectors from vec0's shadow tables, without sqlite-vec. */
export class StoredRows {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #vectorBytes: number;
  readonly #vectors: BlobSite;
  readonly #valueIds: BlobSite;
  readonly #ids: BlobSite;
  #exists: Query | undefined;
  #placeOf: Query<Place> | undefined;

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

  /** Whether the chunks have room for a chunk of vectors or more: deleted vectors leave their slots unused. */
  get isSparse(): boolean {
    const chunks = `main.${quoteIdentifier(`${this.#names.table}_chunks`)}`;
    const query = this.#connection.query<boolean>(
      `SELECT coalesce(sum(size) - (SELECT count(*) FROM ${this.#names.rowids}) >= max(size), 0) FROM ${chunks}`,
      { pluck: true },
    );
    return Boolean(this.#connection.read(() => query.get()));
  }

  has(id: bigint): boolean {
    this.#exists ??= this.#connection.query(`SELECT 1 FROM ${this.#names.rowids} WHERE rowid = ?`, { pluck: true });
    const query = this.#exists;
    return this.#connection.read(() => query.get(id)) !== undefined;
  }

  /** Returns the chunk of a vector, and the id of its value. Undefined if the vector does not exist. */
  find(id: bigint): { chunk: bigint; valueId: bigint } | undefined {
    const [place] = this.#placesOf(id);
    return place && { valueId: this.#valueIdsOf([place]).readBigInt64LE(), chunk: place.chunk as bigint };
  }

  /** Writes other bytes over a vector that exists. Call it inside a transaction. */
  overwrite(id: bigint, vector: Buffer): void {
    const [place] = this.#placesOf(id);
    if (!place) return;
    this.#valueIdsOf([place]);
    this.#expectLength(place, 'vector_chunks00', place.vectors, this.#vectorBytes);
    this.#vectors.write(place.chunk as bigint, vector, Number(place.slot) * this.#vectorBytes);
  }

  /** Returns a vector. Call it inside a snapshot. */
  get(id: bigint): StoredRow | undefined {
    const [place] = this.#placesOf(id);
    return place && this.#rowsOf([place])[0];
  }

  /** Returns the first ids of a range. Call it inside a snapshot. */
  ids(range: ResolvedIds, most: number): { id: bigint }[] {
    const sql = `SELECT rowid AS id FROM ${this.#names.rowids} WHERE ${inRange('rowid', range)}`;
    return pageOf(this.#connection.query<{ id: bigint }>(sql, { bigints: true }), range, most);
  }

  /** Returns the first ids of a range, with those of their values. Call it inside a snapshot. */
  references(range: ResolvedIds, most: number): Omit<StoredRow, 'vector'>[] {
    return this.#runs(range, most).flatMap((run) => {
      const valueIds = this.#valueIdsOf(run);
      return run.map(({ id }, nth) => ({ id, valueId: valueIds.readBigInt64LE(nth * ID_BYTES) }));
    });
  }

  /** Returns the first vectors of a range. Call it inside a snapshot. */
  rows(range: ResolvedIds, most: number): StoredRow[] {
    return this.#runs(range, most).flatMap((run) => this.#rowsOf(run));
  }

  #runs(range: ResolvedIds, most: number): Run[] {
    return [...runsOf(pageOf(this.#places(inRange('place.rowid', range)), range, most))];
  }

  #placesOf(id: bigint): Place[] {
    this.#placeOf ??= this.#places('place.rowid = ?');
    const query = this.#placeOf;
    return this.#connection.read(() => query.all(id));
  }

  #places(where: string): Query<Place> {
    const part = (suffix: string) => `main.${quoteIdentifier(`${this.#names.table}_${suffix}`)}`;
    // SQLite reads the lengths without the vectors. Without the plus it would not use the index of rowid, a column
    // without a type, because it would have to compare it as numbers.
    const sql = `SELECT place.rowid AS id, place.chunk_id AS chunk, place.chunk_offset AS slot, chunk.size AS slots,
        octet_length(part.vectors) AS vectors, octet_length(meta.data) AS valueIds
      FROM ${this.#names.rowids} AS place
        LEFT JOIN ${part('chunks')} AS chunk ON chunk.chunk_id = place.chunk_id
        LEFT JOIN ${part('vector_chunks00')} AS part ON part.rowid = +place.chunk_id
        LEFT JOIN ${part('metadatachunks00')} AS meta ON meta.rowid = +place.chunk_id
      WHERE ${where}`;
    return this.#connection.query(sql, { bigints: true });
  }

  /** Reads the vectors of a run together. They share memory. */
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

  /** Reads the ids of their values. Refuses impossible places, and slots that hold another vector. */
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
    if (typeof chunk !== 'bigint') throw this.#damaged(place, 'rowids', 'no vector can be in it');
    if (slots === null) throw this.#damaged(place, 'chunks', 'its row is missing');
    if (typeof slots !== 'bigint') throw this.#damaged(place, 'chunks', `its size is ${slots}`);
    if (typeof slot !== 'bigint' || slot < 0n || slot >= slots) {
      throw this.#damaged(place, 'rowids', `it has no slot ${slot}`);
    }
  }

  /** Checks that a part of a chunk has room for all slots. Otherwise it is cut off, or of another shape. */
  #expectLength(place: Place, table: string, length: unknown, bytes: number): void {
    const expected = (place.slots as bigint) * BigInt(bytes);
    if (length === null) throw this.#damaged(place, table, 'its row is missing');
    if (length !== expected) throw this.#damaged(place, table, `it has ${length} bytes; expected ${expected}`);
  }

  /** Reads the bytes of a run from a part of the chunk. */
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
    return new CorruptData(`${name} is damaged at chunk ${chunk}, which holds vector ${id}: ${what}. Restore a backup`);
  }
}
