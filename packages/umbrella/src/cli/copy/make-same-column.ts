import { createHash } from 'node:crypto';
import { type ColumnBuffers, type EncodedBlock, PageSize } from '@kohakuvault/columns/internal';
import type { Pass } from './make-same.ts';
import type { ColumnShelf } from './side.ts';

/** How many bytes are compared and written together. */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads both columns page by page, and makes the target the same as the source: from the first page that differs on, it
 * is written again.
 */
export async function makeSameColumn(
  source: ColumnShelf,
  target: ColumnShelf,
  progress: (done: number) => void,
): Promise<Pass> {
  const { elemSize } = source;
  const digest = createHash('sha256');
  const page = new PageSize(elemSize, { bytes: PAGE_BYTES, most: PAGE_BYTES });
  let changes = 0;
  let at = 0;
  for (;;) {
    const block = blockOf(await source.read(at, at + page.elements), elemSize);
    if (block.count === 0) break;
    digest.update(block.data);
    if (block.offsets) digest.update(block.offsets);
    const twin = blockOf(await target.read(at, at + block.count), elemSize);
    if (!isSame(block, twin)) {
      if (twin.count > 0) await target.truncate(at);
      await target.append(block);
      changes += block.count;
    }
    page.learn(block.count, block.data.length);
    at += block.count;
    progress(at);
  }
  if ((await target.length()) > at) {
    await target.truncate(at);
    changes++;
  }
  return { entries: at, changes, digest: digest.digest('hex') };
}

function blockOf({ data, offsets }: ColumnBuffers, elemSize: number): EncodedBlock {
  return offsets ? { count: offsets.length - 1, data, offsets } : { count: data.length / elemSize, data };
}

function isSame(one: EncodedBlock, other: EncodedBlock): boolean {
  if (one.count !== other.count || !one.data.equals(other.data)) return false;
  return one.offsets?.every((offset, nth) => offset === other.offsets?.[nth]) ?? true;
}
