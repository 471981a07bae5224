// What the file says of a column of elements that vary in size, read by SQL.
import type { Database } from 'better-sqlite3';
import { expect } from 'vitest';

export interface DataChunk {
  id: number;
  size: number;
  capacity: number;
  used: number;
}

export interface Entry {
  chunk: number;
  start: number;
  end: number;
}

export function chunksOf(database: Database, column: string): DataChunk[] {
  const query = database.prepare(
    `SELECT chunk_idx AS id, octet_length(data) AS size, actual_size AS capacity, bytes_used AS used
      FROM col_chunks JOIN col_meta USING (col_id) WHERE name = ? ORDER BY chunk_idx`,
  );
  return query.all(`${column}_data`) as DataChunk[];
}

export function entriesOf(database: Database, column: string): Entry[] {
  const length = database.prepare('SELECT length FROM col_meta WHERE name = ?').pluck();
  const chunks = database.prepare(
    'SELECT data FROM col_chunks JOIN col_meta USING (col_id) WHERE name = ? ORDER BY chunk_idx',
  );
  const bytes = Buffer.concat(chunks.pluck().all(`${column}_idx`) as Buffer[]);
  return Array.from({ length: length.get(`${column}_idx`) as number }, (_, index) => ({
    chunk: bytes.readInt32LE(index * 12),
    start: bytes.readInt32LE(index * 12 + 4),
    end: bytes.readInt32LE(index * 12 + 8),
  }));
}

/**
 * What Python relies on when it goes on writing: a chunk's elements follow one another in the index as in the chunk,
 * its high-water mark lies behind them, and the last elements are in the last chunk. And no chunk is there for nothing.
 */
export function checkOrder(database: Database, column: string): void {
  const chunks = new Map(chunksOf(database, column).map((chunk) => [chunk.id, chunk]));
  const seen = new Set<number>();
  let last: Entry | undefined;
  for (const entry of entriesOf(database, column)) {
    if (entry.chunk !== last?.chunk) {
      expect(seen).not.toContain(entry.chunk);
      seen.add(entry.chunk);
    } else {
      expect(entry.start).toBeGreaterThanOrEqual(last.end);
    }
    const { used = -1, capacity = -1, size = -1 } = chunks.get(entry.chunk) ?? {};
    expect([entry.end <= used, used <= capacity, capacity <= size]).toEqual([true, true, true]);
    last = entry;
  }
  const highest = Math.max(...chunks.keys());
  if (seen.has(highest)) expect(last?.chunk).toBe(highest);
  // An empty one may stand last, so that what is appended does not come to lie in the middle.
  expect(chunks.size - seen.size).toBeLessThanOrEqual(1);
}
