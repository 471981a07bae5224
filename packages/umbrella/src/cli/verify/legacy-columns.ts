import type { Database } from '@kohakuvault/core-native/database';
import { plural } from '../terminal/text.ts';
import { ElementCheck } from './elements.ts';
import { Findings, type VerifyContext } from './findings.ts';

interface Meta {
  col_id: number;
  name: string;
  dtype: string;
  elem_size: number;
  length: number;
  max_chunk_bytes: number;
}

interface Chunk {
  index: number;
  capacity: number;
  used: number;
  /** What is really there. */
  size: number;
}

/** Bytes of an entry of an index: chunk, start and end, 4 each. */
const ENTRY = 12;

/** That each column of `col_meta` has the chunks its length asks for, that indexes lead to elements, and that those decode. */
export function* verifyLegacyColumns(database: Database, context: VerifyContext): Generator<Findings> {
  const metas = database.prepare('SELECT * FROM main.col_meta ORDER BY name').all() as Meta[];
  const byName = new Map(metas.map((meta) => [meta.name, meta]));
  const isIndex = (name: string) => byName.get(name)?.dtype === 'adaptive_idx';
  const chunks = new Chunks(database);
  for (const meta of metas) {
    const base = /^(.*)_(?:data|idx)$/s.exec(meta.name)?.[1];
    const isPart = base !== undefined && byName.has(`${base}_data`) && isIndex(`${base}_idx`);
    if (!isPart) yield verifyFixed(meta, chunks, context);
    else if (meta.name.endsWith('_data')) {
      yield verifyVariable(base, meta, byName.get(`${base}_idx`) as Meta, chunks, context);
    }
  }
  const orphans = new Findings('chunks of columns');
  const count = database.prepare(
    'SELECT count(*) FROM main.col_chunks WHERE col_id NOT IN (SELECT col_id FROM main.col_meta)',
  );
  const found = count.pluck().get() as number;
  if (found > 0) orphans.problem(`${plural(found, 'chunk')} of columns that do not exist`);
  orphans.checked = 'each belongs to a column';
  yield orphans;
}

/** Reads chunks, as bytes also where Python has stored them as text. */
class Chunks {
  readonly #list;
  readonly #read;

  constructor(database: Database) {
    this.#list = database.prepare(
      `SELECT chunk_idx AS "index", actual_size AS capacity, bytes_used AS used,
          CASE typeof(data) WHEN 'blob' THEN length(data) ELSE length(CAST(data AS BLOB)) END AS size
        FROM main.col_chunks WHERE col_id = ? ORDER BY chunk_idx`,
    );
    this.#read = database
      .prepare('SELECT CAST(data AS BLOB) FROM main.col_chunks WHERE col_id = ? AND chunk_idx = ?')
      .pluck();
  }

  of({ col_id }: Meta): Map<number, Chunk> {
    return new Map((this.#list.all(col_id) as Chunk[]).map((chunk) => [chunk.index, chunk]));
  }

  read({ col_id }: Meta, index: number): Buffer {
    return this.#read.get(col_id, index) as Buffer;
  }
}

function verifyFixed(meta: Meta, chunks: Chunks, { progress }: VerifyContext): Findings {
  const findings = new Findings(`column ${meta.name}`);
  const { length, elem_size: size, max_chunk_bytes: most } = meta;
  const elements = new ElementCheck(meta.dtype);
  if (elements.unknown) findings.problem(elements.unknown);
  const present = chunks.of(meta);
  const sound = soundChunks(meta, present, findings);
  if (sound && elements.needed) {
    for (let element = 0, chunk = 0; element < length; chunk++) {
      const bytes = chunks.read(meta, chunk);
      for (let at = 0; at < most && element < length; at += size, element++) {
        const wrong = elements.wrong(bytes.subarray(at, at + size));
        if (wrong) findings.problem(`element ${element}: ${wrong}`);
        progress(element);
      }
    }
  }
  findings.checked = `${plural(length, 'element')} in ${plural(present.size, 'chunk')}`;
  return findings;
}

/** Whether every byte that a fixed column's length asks for is there. */
function soundChunks({ length, elem_size, max_chunk_bytes }: Meta, present: Map<number, Chunk>, findings: Findings) {
  const needed = length * elem_size;
  let sound = true;
  const problem = (text: string) => {
    findings.problem(text);
    sound = false;
  };
  if (elem_size < 1 || max_chunk_bytes < 1) {
    problem(`its element size ${elem_size} and chunk size ${max_chunk_bytes} cannot be`);
    return sound;
  }
  for (let index = 0; index * max_chunk_bytes < needed; index++) {
    const least = Math.min(max_chunk_bytes, needed - index * max_chunk_bytes);
    const chunk = present.get(index);
    if (!chunk) problem(`chunk ${index} is missing`);
    else if (chunk.size < least) problem(`chunk ${index} has ${chunk.size} bytes; its elements need ${least}`);
  }
  return sound;
}

function verifyVariable(name: string, data: Meta, index: Meta, chunks: Chunks, { progress }: VerifyContext): Findings {
  const findings = new Findings(`column ${name}`);
  const elements = new ElementCheck(data.dtype);
  if (elements.unknown) findings.problem(elements.unknown);
  const present = chunks.of(data);
  const indexChunks = chunks.of(index);
  const ends = new Map<number, number>();
  let current: { index: number; bytes: Buffer } | undefined;
  if (soundChunks(index, indexChunks, findings)) {
    for (let element = 0, at = 0; element < index.length; at++) {
      const entries = chunks.read(index, at);
      for (let offset = 0; offset < index.max_chunk_bytes && element < index.length; offset += ENTRY, element++) {
        verifyElement(element, entries, offset);
        progress(element);
      }
    }
  }
  for (const [chunk, end] of ends) {
    const used = present.get(chunk)?.used ?? 0;
    if (used < end) findings.problem(`chunk ${chunk} says ${used} bytes are used; its elements end at ${end}`);
  }
  findings.checked = `${plural(index.length, 'element')} in ${plural(present.size, 'chunk')}`;
  return findings;

  function verifyElement(element: number, entries: Buffer, offset: number): void {
    const [chunk, start, end] = [0, 4, 8].map((part) => entries.readInt32LE(offset + part)) as [number, number, number];
    if (start < 0 || end < start) {
      findings.problem(`element ${element}: its index says bytes ${start} to ${end}`);
      return;
    }
    const holder = present.get(chunk);
    // An empty element has no bytes that could be missing.
    if (start < end && !holder) findings.problem(`element ${element}: its chunk ${chunk} is missing`);
    else if (holder && end > holder.size) {
      findings.problem(`element ${element}: it ends at ${end}, and its chunk ${chunk} has ${holder.size} bytes`);
    } else {
      if (start < end) ends.set(chunk, Math.max(ends.get(chunk) ?? 0, end));
      if (elements.needed) decode(element, chunk, start, end);
    }
  }

  function decode(element: number, chunk: number, start: number, end: number): void {
    if (start < end && current?.index !== chunk) current = { index: chunk, bytes: chunks.read(data, chunk) };
    const bytes = start < end ? (current as { bytes: Buffer }).bytes.subarray(start, end) : Buffer.alloc(0);
    const wrong = elements.wrong(bytes);
    if (wrong) findings.problem(`element ${element}: ${wrong}`);
  }
}
