import { createHash } from 'node:crypto';
import type { Pass } from './make-same.ts';
import type { RowShelf, StoredRow } from './side.ts';

/** How many rows are compared and written together, and how many bytes they have. */
const PAGE_ROWS = 2_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads the source row by row, and makes the rows of the target that have the same ids the same. Then it deletes what the
 * source does not have. A pass that finds no difference has compared the digest of every row.
 */
export async function makeSameRows(
  source: RowShelf,
  target: RowShelf,
  progress: (done: number) => void,
): Promise<Pass> {
  const digest = createHash('sha256');
  let changes = 0;
  let entries = 0;
  for await (const page of pagesOf(source.rows())) {
    const twins = new Map((await target.rowsOf(page.map(({ id }) => id))).map((row) => [row.id, digestOf(row)]));
    const added: StoredRow[] = [];
    const changed: StoredRow[] = [];
    for (const row of page) {
      const sum = digestOf(row);
      digest.update(sum);
      const twin = twins.get(row.id);
      if (!twin) added.push(row);
      else if (!twin.equals(sum)) changed.push(row);
    }
    if (changed.length > 0) await target.put(changed);
    if (added.length > 0) await target.add(added);
    changes += added.length + changed.length;
    entries += page.length;
    progress(entries);
  }
  for await (const page of pagesOf(target.rows())) {
    const present = new Set((await source.rowsOf(page.map(({ id }) => id))).map(({ id }) => id));
    const gone = page.map(({ id }) => id).filter((id) => !present.has(id));
    if (gone.length > 0) await target.deleteMany(gone);
    changes += gone.length;
  }
  return { entries, changes, digest: digest.digest('hex') };
}

/** Returns the digest of a row: of its id, and of all that it has, each with its length before it. */
function digestOf({ id, parts }: StoredRow): Buffer {
  const digest = createHash('sha256');
  for (const part of [Buffer.from(String(id)), ...parts]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(part.length));
    digest.update(length).update(part);
  }
  return digest.digest();
}

async function* pagesOf(rows: AsyncIterable<StoredRow>): AsyncGenerator<StoredRow[], void, undefined> {
  let page: StoredRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    page.push(row);
    bytes += row.parts.reduce((sum, { length }) => sum + length, 0);
    if (page.length < PAGE_ROWS && bytes < PAGE_BYTES) continue;
    yield page;
    page = [];
    bytes = 0;
  }
  if (page.length > 0) yield page;
}
