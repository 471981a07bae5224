import { type Database, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import type { VectorTable } from '../file/holdings.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { plural } from '../terminal/text.ts';
import { storedVectors } from '../vectors/choose-vectors.ts';
import { checked, type Findings, type VerifyContext } from './findings.ts';
import { type Paged, rowsById } from './rows-by-id.ts';
import { ValueCheck } from './values.ts';

/** Bits of an element of each type that vectors have. */
const BITS: Readonly<Record<string, number>> = { f32: 32, int8: 8, bit: 1 };
/** Longer values are read one at a time. */
const LONG = 1024 * 1024;

/** A chunk, and how many bytes its parts have: null where one is missing or is no bytes. */
interface Chunk extends Paged {
  readonly size: unknown;
  readonly validity: bigint | null;
  readonly rowids: bigint | null;
  readonly vectors: bigint | null;
  readonly values: bigint | null;
}

interface Value extends Paged {
  readonly type: string;
  /** Null of one that is long. */
  readonly value: Buffer | null;
}

/** That each vector has a value and each value a vector, that both directories agree, that values decode, and that all can be read. */
export function verifyVectors(file: OpenedFile, vectors: VectorTable, { progress }: VerifyContext): Findings {
  return checked(`vectors ${vectors.name}`, (findings) => {
    if (!vectors.isOurs) {
      findings.checked = 'not looked at';
      findings.note('it is no table of a VectorKVault, though one of sqlite-vec');
      return;
    }
    // Refuses what it could not read.
    const vault = storedVectors(file, vectors);
    const check = new VectorCheck(file.database, vectors, findings);
    const count = check.chunks(progress);
    findings.checked = plural(count, 'vector');
    check.directory(count);
    check.values();
    if (findings.isSound) readAll(vault, progress);
  });
}

/** Reads everything as users do, so that nothing is left that a read refuses. Values have been decoded before. */
function readAll(vault: ReturnType<typeof storedVectors>, progress: (done: number) => void): void {
  let done = 0;
  for (const [, vector] of vault) {
    if (done === 0) vault.search(vector, 1);
    progress(++done);
  }
}

class VectorCheck {
  readonly #database: Database;
  readonly #findings: Findings;
  readonly #vectorBytes: number;
  readonly #table: (suffix: string) => string;
  /** The vector of each value's id. */
  readonly #vectorOf = new Map<bigint, bigint>();

  constructor(database: Database, { name, dimensions, elementType }: VectorTable, findings: Findings) {
    this.#database = database;
    this.#findings = findings;
    this.#vectorBytes = Math.ceil((dimensions * (BITS[elementType] ?? 0)) / 8);
    this.#table = (suffix) => `main.${quoteIdentifier(`${name}_${suffix}`)}`;
  }

  /** Goes through the slots that are used; how many vectors there are. */
  chunks(progress: (done: number) => void): number {
    const bytes = (column: string) => `CASE typeof(${column}) WHEN 'blob' THEN length(${column}) END`;
    const part = (column: string, table: string) =>
      `(SELECT ${bytes(column)} FROM ${this.#table(table)} AS part WHERE part.rowid = chunk_id)`;
    const chunks = rowsById<Chunk>(
      this.#database,
      `SELECT chunk_id AS id, size, ${bytes('validity')} AS validity, ${bytes('chunk.rowids')} AS rowids,
          ${part('vectors', 'vector_chunks00')} AS vectors, ${part('data', 'metadatachunks00')} AS "values"
        FROM ${this.#table('chunks')} AS chunk WHERE chunk_id >= ? ORDER BY chunk_id`,
    );
    const contents = this.#database.prepare(
      `SELECT validity, chunk.rowids, (SELECT data FROM ${this.#table('metadatachunks00')} AS part WHERE part.rowid = chunk_id) AS "values"
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
        this.#pair((values as Buffer).readBigInt64LE(slot * 8), id);
        progress(++count);
      }
    }
    return count;
  }

  #pair(value: bigint, vector: bigint): void {
    const other = this.#vectorOf.get(value);
    if (other !== undefined) this.#findings.problem(`vectors ${other} and ${vector} have one value, ${value}`);
    this.#vectorOf.set(value, vector);
  }

  directory(count: number): void {
    const listed = Number(
      this.#database
        .prepare(`SELECT count(*) FROM ${this.#table('rowids')}`)
        .pluck()
        .get(),
    );
    if (listed === count) return;
    this.#findings.problem(`the directory lists ${plural(listed, 'vector')}; ${plural(count, 'vector')} are there`);
  }

  values(): void {
    const table = this.#table('values');
    const rows = rowsById<Value>(
      this.#database,
      `SELECT id, typeof(value) AS type, CASE WHEN length(value) <= ${LONG} THEN CAST(value AS BLOB) END AS value
        FROM ${table} WHERE id >= ? ORDER BY id`,
    );
    const whole = this.#database.prepare(`SELECT CAST(value AS BLOB) FROM ${table} WHERE id = ?`).pluck();
    const values = new ValueCheck(this.#findings);
    for (const { id, type, value } of rows) {
      if (this.#findings.isFull) return;
      if (!this.#vectorOf.delete(id)) this.#findings.problem(`value ${id} belongs to no vector`);
      if (type !== 'blob') this.#findings.problem(`value ${id} is not bytes`);
      else values.check(value ?? (whole.get(id) as Buffer), () => `value ${id}`);
    }
    values.end();
    for (const [value, vector] of this.#vectorOf) {
      this.#findings.problem(`vector ${vector} has no value: ${value} is not there`);
    }
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

/** SQLite holds no longer row than the ids of so many slots. */
const MOST_SLOTS = 125_000_000n;
