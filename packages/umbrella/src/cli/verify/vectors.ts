import { type Database, quoteIdentifier } from '@kohakuvault/core-native/database';
import type { VectorTable } from '../file/holdings.ts';
import { plural } from '../terminal/text.ts';
import { Findings, type VerifyContext } from './findings.ts';
import { ValueCheck } from './values.ts';

/** Bits of an element of each type that vectors have. */
const BITS: Readonly<Record<string, number>> = { f32: 32, int8: 8, bit: 1 };

interface Chunk {
  chunk_id: number;
  size: number;
  validity: Buffer;
  rowids: Buffer;
  vectors: Buffer | null;
  values: Buffer | null;
}

/** That each vector has a value and each value a vector, that both directories agree, and that values decode. */
export function verifyVectors(database: Database, vectors: VectorTable, { progress }: VerifyContext): Findings {
  const { name, dimensions, elementType } = vectors;
  const findings = new Findings(`vectors ${name}`);
  const shadow = (suffix: string) => `main.${quoteIdentifier(`${name}_${suffix}`)}`;
  const row = database.prepare(`SELECT chunk_id, chunk_offset FROM ${shadow('rowids')} WHERE rowid = ?`);
  const chunks = database.prepare(
    `SELECT chunk_id, size, validity, chunk.rowids,
        (SELECT vectors FROM ${shadow('vector_chunks00')} AS part WHERE part.rowid = chunk_id) AS vectors,
        (SELECT data FROM ${shadow('metadatachunks00')} AS part WHERE part.rowid = chunk_id) AS "values"
      FROM ${shadow('chunks')} AS chunk WHERE chunk_id > ? ORDER BY chunk_id LIMIT 1`,
  );
  const vectorOf = new Map<number, number>();
  let count = 0;
  for (
    let chunk = chunks.get(-1) as Chunk | undefined;
    chunk;
    chunk = chunks.get(chunk.chunk_id) as Chunk | undefined
  ) {
    if (!hasAllParts(chunk, Math.ceil((dimensions * (BITS[elementType] ?? 0)) / 8), findings)) continue;
    for (let slot = 0; slot < chunk.size; slot++) {
      if (((chunk.validity[slot >> 3] as number) & (1 << (slot & 7))) === 0) continue;
      const id = Number(chunk.rowids.readBigInt64LE(slot * 8));
      const listed = row.get(id) as { chunk_id: number; chunk_offset: number } | undefined;
      if (listed?.chunk_id !== chunk.chunk_id || listed.chunk_offset !== slot) {
        findings.problem(`vector ${id} is in slot ${slot} of chunk ${chunk.chunk_id}; the directory says otherwise`);
      }
      const value = Number((chunk.values as Buffer).readBigInt64LE(slot * 8));
      if (vectorOf.has(value)) findings.problem(`vectors ${vectorOf.get(value)} and ${id} have one value, ${value}`);
      vectorOf.set(value, id);
      progress(++count);
    }
  }
  const listed = database
    .prepare(`SELECT count(*) FROM ${shadow('rowids')}`)
    .pluck()
    .get() as number;
  if (listed !== count)
    findings.problem(`the directory lists ${plural(listed, 'vector')}; ${plural(count, 'vector')} are there`);
  verifyValues(database, shadow('values'), vectorOf, findings);
  findings.checked = plural(count, 'vector');
  return findings;
}

function hasAllParts({ chunk_id, size, validity, rowids, vectors, values }: Chunk, bytes: number, findings: Findings) {
  const parts: [string, Buffer | null, number][] = [
    ['validity', validity, size / 8],
    ['ids', rowids, size * 8],
    ['vectors', vectors, size * bytes],
    ['references to values', values, size * 8],
  ];
  const wrong = parts.filter(([, part, length]) => part?.length !== length);
  for (const [what, part, length] of wrong) {
    findings.problem(`chunk ${chunk_id} has ${part?.length ?? 'no'} bytes of ${what}; expected ${length}`);
  }
  return wrong.length === 0;
}

function verifyValues(database: Database, table: string, vectorOf: Map<number, number>, findings: Findings): void {
  const page = database.prepare(`SELECT id, value FROM ${table} WHERE id > ? ORDER BY id LIMIT 256`);
  const values = new ValueCheck(findings);
  for (let last = 0; ; ) {
    const rows = page.all(last) as { id: number; value: Buffer }[];
    for (const { id, value } of rows) {
      last = id;
      if (!vectorOf.delete(id)) findings.problem(`value ${id} belongs to no vector`);
      if (Buffer.isBuffer(value)) values.check(value, () => `value ${id}`);
      else findings.problem(`value ${id} is not bytes`);
    }
    if (rows.length === 0) break;
  }
  values.end();
  for (const [value, vector] of vectorOf) findings.problem(`vector ${vector} has no value: ${value} is not there`);
}
