import { createHash } from 'node:crypto';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Shelf, StoredItem, WholeItem } from './side.ts';

const BATCH_ENTRIES = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** What one pass over two dicts has found and done. */
export interface Pass {
  /** The entries of the source. */
  readonly entries: number;
  /** How many entries were different, and were written to the target or deleted there. */
  readonly changes: number;
  /** The digest of all keys of the source, in their order, each with the digest of its value. */
  readonly digest: string;
}

/**
 * Reads both dicts in the order of their keys, and makes the target the same as the source. A pass that finds no
 * difference has compared the digest of every value. What a copy that was broken off has done is found, and not done again.
 */
export async function makeSame(source: Shelf, target: Shelf, progress: (done: number) => void): Promise<Pass> {
  const digest = createHash('sha256');
  const writes = new Batch(target);
  const theirs = target.items()[Symbol.asyncIterator]();
  let other = (await theirs.next()).value as StoredItem | undefined;
  let entries = 0;
  for await (const item of source.items()) {
    while (other && Buffer.compare(other.key, item.key) < 0) {
      await writes.delete(other.key);
      other = (await theirs.next()).value as StoredItem | undefined;
    }
    const twin = other?.key.equals(item.key) ? other : undefined;
    if (twin) other = (await theirs.next()).value as StoredItem | undefined;
    const sum = await digestOf(source, item);
    // It was deleted since: the next pass sees that.
    if (sum === undefined) continue;
    digest.update(lengthOf(item.key)).update(item.key).update(sum);
    if (item.until !== undefined) digest.update(`expires at ${item.until}`);
    if (!twin || twin.until !== item.until || (await digestOf(target, twin))?.equals(sum) !== true) {
      if (!isWhole(item)) await writes.put(item, source);
      else await (twin ? writes.set(item) : writes.add(item));
    }
    progress(++entries);
  }
  while (other) {
    await writes.delete(other.key);
    other = (await theirs.next()).value as StoredItem | undefined;
  }
  await writes.flush();
  return { entries, changes: writes.count, digest: digest.digest('hex') };
}

/** Returns the digest of a value; undefined if it is long, and has been deleted or replaced meanwhile. */
async function digestOf(shelf: Shelf, { key, value }: StoredItem): Promise<Buffer | undefined> {
  const digest = createHash('sha256');
  if (value) return digest.update(value).digest();
  try {
    for await (const chunk of shelf.read(key)) digest.update(chunk as Buffer);
    return digest.digest();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isWhole(item: StoredItem): item is WholeItem {
  return item.value !== undefined;
}

function isGone(error: unknown): boolean {
  return error instanceof KohakuVaultError && (error.code === 'KV_NOT_FOUND' || error.code === 'KV_STALE');
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return length;
}

/** Collects writes, so that many of them are one call. */
class Batch {
  readonly #target: Shelf;
  #changed: WholeItem[] = [];
  #added: WholeItem[] = [];
  #deleted: Buffer[] = [];
  #bytes = 0;
  count = 0;

  constructor(target: Shelf) {
    this.#target = target;
  }

  async set(item: WholeItem): Promise<void> {
    this.#changed.push(item);
    await this.#noted(item.key.length + item.value.length);
  }

  /** Sets what the target did not have. */
  async add(item: WholeItem): Promise<void> {
    this.#added.push(item);
    await this.#noted(item.key.length + item.value.length);
  }

  async delete(key: Buffer): Promise<void> {
    this.#deleted.push(key);
    await this.#noted(key.length);
  }

  async put(item: StoredItem, source: Shelf): Promise<void> {
    this.count++;
    try {
      await this.#target.put(item, source.read(item.key));
    } catch (error) {
      // The next pass sees what has become of it.
      if (!isGone(error)) throw error;
    }
  }

  async flush(): Promise<void> {
    const [changed, added, deleted] = [this.#changed, this.#added, this.#deleted];
    this.#changed = [];
    this.#added = [];
    this.#deleted = [];
    this.#bytes = 0;
    if (changed.length > 0) await this.#target.setMany(changed);
    if (added.length > 0) await this.#target.addMany(added);
    if (deleted.length > 0) await this.#target.deleteMany(deleted);
  }

  async #noted(bytes: number): Promise<void> {
    this.count++;
    this.#bytes += bytes;
    const isFull =
      this.#bytes >= BATCH_BYTES || this.#changed.length + this.#added.length + this.#deleted.length >= BATCH_ENTRIES;
    if (isFull) await this.flush();
  }
}
