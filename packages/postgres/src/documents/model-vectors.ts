import type { StoredModel } from '@kohakuvault/text/internal';
import { type VectorFormat, type VectorLike, type VectorShape, vectorFormat } from '@kohakuvault/vector/internal';
import { type Session, TextStrings } from '../client/session.ts';
import type { Catalog } from '../schema/catalog.ts';
import { modelVectorsPartitionOf, modelVectorsTableOf } from '../schema/names.ts';
import { Parameters } from '../texts/index/parameters.ts';
import type { Limit } from '../texts/text-search.ts';
import { bytesOfBinary, floatsOf } from '../vectors/vector-cells.ts';
import { ensurePgvector } from '../vectors/vector-sql.ts';
import { bytesOf, parameterOf, textOf } from '../vectors/vector-text.ts';

/** A chunk by its place in a document. Its id tells it from another one that takes the place later. */
export interface ChunkPlace {
  readonly document: string;
  readonly place: number;
  readonly id: bigint;
}

/** A vector of a chunk as pgvector reads it. */
export interface ChunkVector extends ChunkPlace {
  readonly vector: string;
}

/** The vectors of chunks by one model, which have a table of their own. */
export class ModelVectors {
  readonly model: StoredModel;
  readonly table: string;
  readonly #catalog: Catalog;
  readonly #vault: string;
  readonly #shape: VectorShape;
  readonly #format: VectorFormat;

  constructor(catalog: Catalog, vault: string, model: StoredModel) {
    this.model = model;
    this.table = catalog.qualified(modelVectorsTableOf(vault, model.number));
    this.#catalog = catalog;
    this.#vault = vault;
    this.#shape = { dimensions: model.dimensions, vectorType: 'f32', metric: 'cosine' };
    this.#format = vectorFormat(this.#shape);
  }

  /** Checks a vector that a model has made, and returns it as pgvector reads it. */
  encode(owner: string, vector: VectorLike): string {
    return textOf(this.#shape, this.#format.encode(owner, vector));
  }

  /** Returns a vector that pgvector has printed. */
  decode(text: string): Float32Array {
    return floatsOf(bytesOf(this.#shape, this.#format, text));
  }

  /** Returns a vector as COPY gives it. */
  decodeBinary(cell: Buffer): Float32Array {
    return floatsOf(bytesOfBinary(this.#shape, cell));
  }

  async make(session: Session, chunks: string, partitions: number): Promise<void> {
    await ensurePgvector(session);
    await session.query(
      `CREATE TABLE ${this.table} (document text COLLATE "C" NOT NULL, place int4 NOT NULL, id int8 NOT NULL, ` +
        `vector vector(${this.model.dimensions}) NOT NULL, PRIMARY KEY (document, place), ` +
        `FOREIGN KEY (document, place) REFERENCES ${chunks} (document, place) ON DELETE CASCADE)` +
        (partitions > 0 ? ' PARTITION BY HASH (document)' : ''),
    );
    for (let part = 0; part < partitions; part++) {
      const name = modelVectorsPartitionOf(this.#vault, this.model.number, part);
      await session.query(
        `CREATE TABLE ${this.#catalog.qualified(name)} PARTITION OF ${this.table} ` +
          `FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${part})`,
      );
    }
  }

  async drop(session: Session): Promise<void> {
    await session.query(`DROP TABLE ${this.table}`);
  }

  /** Stores vectors of chunks. Those whose chunk is gone, or has a vector, are left out. */
  async insert(session: Session, chunks: string, vectors: readonly ChunkVector[]): Promise<void> {
    await session.query(
      `INSERT INTO ${this.table} (document, place, id, vector) ` +
        `SELECT given.document, given.place, given.id, given.vector::vector(${this.model.dimensions}) ` +
        'FROM unnest($1::text[], $2::int4[], $3::int8[], $4::text[]) AS given (document, place, id, vector) ' +
        `JOIN ${chunks} AS c ON c.document = given.document AND c.place = given.place AND c.id = given.id ` +
        'FOR KEY SHARE OF c ON CONFLICT DO NOTHING',
      [
        new TextStrings(vectors.map(({ document }) => document)),
        `{${vectors.map(({ place }) => place).join()}}`,
        `{${vectors.map(({ id }) => id).join()}}`,
        new TextStrings(vectors.map(({ vector }) => vector)),
      ],
    );
  }

  /** Returns the chunks `d` whose vectors are nearest, equally near ones newest first. */
  async nearest(session: Session, query: VectorLike, k: number, limit: Limit | undefined): Promise<ChunkPlace[]> {
    const parameters = new Parameters();
    // The distance is a column of its own, so that it is computed once. No index has this order: the search is exact.
    const vector = parameters.add(
      parameterOf(this.#shape, this.#format.encodeQuery('search', query, 'cosine')),
      'vector',
    );
    const where = limit ? ` WHERE ${limit(parameters)}` : '';
    const text =
      'SELECT n.document, n.place, n.id::text FROM (SELECT d.document, d.place, d.id, ' +
      `d.vector <=> ${vector} AS distance FROM ${this.table} AS d${where} ` +
      `ORDER BY distance, d.id DESC LIMIT ${parameters.add(k, 'int8')}) AS n ORDER BY n.distance, n.id DESC`;
    const { rows } = await session.query(text, parameters.all, 'once');
    return rows.map(([document, place, id]) => {
      return { document: document as string, place: place as number, id: BigInt(id as string) };
    });
  }
}
