import { plural } from '@kohakuvault/core-native/internal';
import {
  type Database,
  type Findings,
  OwnedValues,
  quoteIdentifier,
  type RowWithId,
  rowsById,
} from '@kohakuvault/core-native/internal/database';
import type { VectorShape } from '../options.ts';

/** Bits of an element of each type of vectors. */
const BITS = { f32: 32, int8: 8, bit: 1 } as const;

/** A chunk and the lengths of its four parts. Null if a part is missing or not bytes. */
interface Chunk extends RowWithId {
  readonly size: unknown;
  readonly validity: bigint | null;
  readonly rowids: bigint | null;
  readonly vectors: bigint | null;
  readonly values: bigint | null;
}

interface Checked {
  readonly table: string;
  readonly shape: VectorShape;
  readonly findings: Findings;
  readonly values: Pick<typeof import('@kohakuvault/packer/value'), 'Encoding' | 'readHeader'>;
  /** Decodes the stored bytes of a value. */
  decode(stored: Buffer): unknown;
}

/**
 * Verifies one table: each vector has a value and each value a vector, chunks and directory agree, and values decode.
 */
export class VectorCheck {
  readonly #database: Database;
  readonly #findings: Findings;
  readonly #vectorBytes: number;
  readonly #table: (suffix: string) => string;
  readonly #values: OwnedValues;

  constructor(database: Database, { table, shape, findings, values, decode }: Checked) {
    this.#database = database;
    this.#findings = findings;
    this.#values = new OwnedValues(database, {
      table: `${table}_values`,
      owner: 'vector',
      findings,
      isInParts: (stored) => values.readHeader(stored)?.id === values.Encoding.manifest,
      decode,
    });
    this.#vectorBytes = Math.ceil((shape.dimensions * BITS[shape.vectorType]) / 8);
    this.#table = (suffix) => `main.${quoteIdentifier(`${table}_${suffix}`)}`;
  }

  /** Verifies the used slots of all chunks. Returns the number of vectors. */
  chunks(progress: (done: number) => void): number {
    const bytes = (column: string) => `CASE typeof(${column}) WHEN 'blob' THEN length(${column}) END`;
    // Without the plus SQLite would not use the index of rowid, a column without a type.
    const part = (column: string, table: string) =>
      `(SELECT ${bytes(column)} FROM ${this.#table(table)} AS part WHERE part.rowid = +chunk_id)`;
    const chunks = rowsById<Chunk>(
      this.#database,
      `SELECT chunk_id AS id, size, ${bytes('validity')} AS validity, ${bytes('chunk.rowids')} AS rowids,
          ${part('vectors', 'vector_chunks00')} AS vectors, ${part('data', 'metadatachunks00')} AS "values"
        FROM ${this.#table('chunks')} AS chunk WHERE chunk_id >= ? ORDER BY chunk_id`,
    );
    const contents = this.#database.prepare(
      `SELECT validity, chunk.rowids,
          (SELECT data FROM ${this.#table('metadatachunks00')} AS part WHERE part.rowid = +chunk_id) AS "values"
        FROM ${this.#table('chunks')} AS chunk WHERE chunk_id = ?`,
    );
    const place = this.#database
      .prepare(`SELECT chunk_id AS chunk, chunk_offset AS slot FROM ${this.#table('rowids')} WHERE rowid = ?`)
      .safeIntegers();
    let count = 0;
    for (const chunk of chunks) {
      if (this.#findings.isFull) break;
      if (!this.#hasAllParts(chunk)) continue;
      const { validity, rowids, values } = contents.get(chunk.id) as Record<string, Buffer>;
      for (let slot = 0; slot < Number(chunk.size); slot++) {
        if ((((validity as Buffer)[slot >> 3] as number) & (1 << (slot & 7))) === 0) continue;
        const id = (rowids as Buffer).readBigInt64LE(slot * 8);
        const listed = place.get(id) as { chunk: unknown; slot: unknown } | undefined;
        if (listed?.chunk !== chunk.id || listed.slot !== BigInt(slot)) {
          this.#findings.problem(`vector ${id} is in slot ${slot} of chunk ${chunk.id}; the directory says otherwise`);
        }
        this.#values.note((values as Buffer).readBigInt64LE(slot * 8), id);
        progress(++count);
      }
    }
    return count;
  }

  /** Verifies that the directory lists as many vectors as there are. */
  directory(count: number): void {
    const listed = Number(
      this.#database
        .prepare(`SELECT count(*) FROM ${this.#table('rowids')}`)
        .pluck()
        .get(),
    );
    if (listed === count) return;
    this.#findings.problem(
      `the directory lists ${plural(listed, 'vector')}; the chunks hold ${plural(count, 'vector')}`,
    );
  }

  /** Verifies the values. Call it after `chunks`. */
  values(): void {
    this.#values.verify();
  }

  #hasAllParts({ id, size, validity, rowids, vectors, values }: Chunk): boolean {
    const slots = typeof size === 'bigint' && size >= 0n && size <= MOST_SLOTS ? size : undefined;
    if (slots === undefined) {
      this.#findings.problem(`chunk ${id} says it has ${String(size)} slots`);
      return false;
    }
    const parts: [string, bigint | null, bigint][] = [
      ['validity', validity, (slots + 7n) / 8n],
      ['ids', rowids, slots * 8n],
      ['vectors', vectors, slots * BigInt(this.#vectorBytes)],
      ['references to values', values, slots * 8n],
    ];
    const wrong = parts.filter(([, part, length]) => part !== length);
    for (const [what, part, length] of wrong) {
      this.#findings.problem(`chunk ${id} has ${part ?? 'no'} bytes of ${what}; expected ${length}`);
    }
    return wrong.length === 0;
  }
}

/** No row of SQLite holds the ids of more slots. */
const MOST_SLOTS = 125_000_000n;
