import type { ColumnView } from '@kohakuvault/columns';
import type { Findings } from '@kohakuvault/core-native/internal/database';
import { type Chunk, type ChunkTables, checkChunks, type Meta } from './chunk-tables.ts';
import type { ElementReads } from './element-reads.ts';

/** Bytes of an entry of an element index: the number of the chunk, the start and the end, 4 bytes each. */
const ENTRY = 12;
/** The number of entries that are read together. */
const WINDOW = 8_192;
/** The limits of the elements that are read together. */
const PAGE_ELEMENTS = 65_536;
const PAGE_BYTES = 1024 * 1024;
/** The largest chunk number: an element index stores 32 bits. */
const MOST_CHUNK = 2n ** 31n - 1n;
/**
 * Limits of the bytes that are read, as a multiple of the data and in any case. Elements may share bytes, and in a
 * crafted file all elements share all bytes.
 */
const READ_AT_MOST = 16;
const ALWAYS_READ = 1024 * 1024 * 1024;

/**
 * Verifies a column of variable size: its index leads to its elements, its chunks say how far they are filled, and all
 * elements can be read. Returns the number of its data chunks.
 */
export function checkVariable(
  { name }: ColumnView,
  tables: ChunkTables,
  findings: Findings,
  reads: ElementReads,
): number {
  const [data, index] = [tables.meta(`${name}_data`), tables.meta(`${name}_idx`)];
  let count = 0;
  for (const { index: number } of tables.chunks(data)) {
    count++;
    if (typeof number === 'bigint' && number >= 0n && number <= MOST_CHUNK) continue;
    findings.problem(`a chunk has the number ${String(number)}; expected 0 to ${MOST_CHUNK}`);
  }
  checkChunks(tables, index, findings);
  if (findings.isSound) new IndexCheck(tables, data, findings, reads).run(index);
  return count;
}

class IndexCheck {
  readonly #tables: ChunkTables;
  readonly #data: Meta;
  readonly #findings: Findings;
  readonly #reads: ElementReads;
  /** The chunk that holds the current elements, and the end of the last of them. */
  #chunk: { index: number; row: Chunk | undefined } | undefined;
  #end = 0;
  #pageStart = 0;
  #pageBytes = 0;
  /** The number of problems when the page began. A page with new problems is not read. */
  #before: number;
  /** The number of bytes that may still be read. */
  #left: number;

  constructor(tables: ChunkTables, data: Meta, findings: Findings, reads: ElementReads) {
    this.#tables = tables;
    this.#data = data;
    this.#findings = findings;
    this.#reads = reads;
    this.#before = this.#problems;
    this.#left = tables.totalBytes(data) * READ_AT_MOST + ALWAYS_READ;
  }

  run(index: Meta): void {
    const window = Buffer.alloc(WINDOW * ENTRY);
    const perChunk = index.maxChunk / ENTRY;
    for (let element = 0; element < index.length && !this.#findings.isFull; ) {
      const within = element % perChunk;
      const count = Math.min(WINDOW, perChunk - within, index.length - element);
      const entries = window.subarray(0, count * ENTRY);
      this.#tables.bytes.read([index.id, Math.floor(element / perChunk)], entries, within * ENTRY);
      for (let at = 0; at < entries.length; at += ENTRY, element++) this.#entry(element, entries, at);
    }
    this.#leaveChunk();
    this.#endPage(index.length);
    if (this.#left < 0) {
      this.#findings.note('many elements share bytes; not all of them were read');
    }
  }

  #entry(element: number, entries: Buffer, at: number): void {
    const [chunk, start, end] = [0, 4, 8].map((part) => entries.readInt32LE(at + part)) as [number, number, number];
    if (chunk < 0 || start < 0 || end < start) {
      this.#findings.problem(`element ${element}: its index says bytes ${start} to ${end} of chunk ${chunk}`);
      return;
    }
    if (this.#pageBytes + end - start > PAGE_BYTES || element - this.#pageStart >= PAGE_ELEMENTS)
      this.#endPage(element);
    this.#pageBytes += end - start;
    // An empty element needs no bytes.
    if (start === end) return;
    const { row } = this.#enterChunk(chunk);
    if (!row) this.#findings.problem(`element ${element}: its chunk ${chunk} is missing`);
    else if (row.type !== 'blob' && row.type !== 'text') {
      this.#findings.problem(`element ${element}: its chunk ${chunk} is of type ${row.type}, not bytes`);
    } else if (end > Number(row.size)) {
      this.#findings.problem(`element ${element}: it ends at ${end}, and its chunk ${chunk} has ${row.size} bytes`);
    } else this.#end = Math.max(this.#end, end);
  }

  #enterChunk(index: number): { row: Chunk | undefined } {
    if (this.#chunk?.index === index) return this.#chunk;
    this.#leaveChunk();
    this.#chunk = { index, row: this.#tables.chunk(this.#data, index) };
    return this.#chunk;
  }

  /** Verifies that the next element would be stored after the existing ones. */
  #leaveChunk(): void {
    const { index, row } = this.#chunk ?? {};
    const used = typeof row?.used === 'bigint' ? row.used : 0n;
    if (this.#end > used) {
      this.#findings.problem(`chunk ${index} says ${used} bytes are used; its elements end at ${this.#end}`);
    }
    this.#chunk = undefined;
    this.#end = 0;
  }

  #endPage(end: number): void {
    this.#left -= this.#pageBytes;
    if (this.#left >= 0 && this.#problems === this.#before) this.#reads.page(this.#pageStart, end);
    this.#before = this.#problems;
    this.#pageStart = end;
    this.#pageBytes = 0;
  }

  get #problems(): number {
    return this.#findings.problems.length + this.#findings.more;
  }
}
