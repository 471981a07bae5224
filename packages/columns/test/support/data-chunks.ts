// Reads by SQL what the file says of a column of variable-size elements.
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
 * Checks what Python relies on when it writes: the elements of a chunk have the same order in the index and in the
 * chunk, `bytes_used` is after them, and the last elements are in the last chunk. Also checks that no chunk is
 * superfluous.
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
  // The last chunk may be empty, so that appended elements do not go to a chunk in the middle.
  expect(chunks.size - seen.size).toBeLessThanOrEqual(1);
}
