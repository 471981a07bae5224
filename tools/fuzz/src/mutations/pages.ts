import { readFileSync, writeFileSync } from 'node:fs';
import type { Random } from '../../../testing/src/random.ts';
import type { Mutate } from './mutation.ts';

/** Damages whole pages, or a few bits of some, as failing disks and stray writes do. */
export const mutatePages: Mutate = (path, random) => {
  const bytes = readFileSync(path);
  const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
  const count = Math.floor(bytes.length / size);
  const text = damage(bytes, random, { size, count });
  if (typeof text === 'string') writeFileSync(path, bytes);
  else writeFileSync(path, text.bytes);
  return { text: typeof text === 'string' ? text : text.text };
};

function damage(
  bytes: Buffer,
  random: Random,
  { size, count }: { size: number; count: number },
): string | { text: string; bytes: Buffer } {
  const page = random.below(count);
  const pageBytes = (number: number) => bytes.subarray(number * size, (number + 1) * size);
  switch (random.below(8)) {
    case 0:
      // The first page without its header, which every reader checks.
      pageBytes(page).fill(0, page === 0 ? 100 : 0);
      return `zeroed page ${page + 1}`;
    case 1: {
      const other = random.below(count);
      if (page === 0 || other === 0) return flipBits(bytes, random, page, size);
      const kept = Buffer.from(pageBytes(page));
      pageBytes(page).set(pageBytes(other));
      pageBytes(other).set(kept);
      return `swapped pages ${page + 1} and ${other + 1}`;
    }
    case 2: {
      const other = 1 + random.below(count - 1);
      if (page === 0) return flipBits(bytes, random, page, size);
      pageBytes(page).set(pageBytes(other));
      return `wrote page ${other + 1} over page ${page + 1}`;
    }
    case 3: {
      const left = 1 + random.below(bytes.length);
      return { text: `cut off after ${left} bytes`, bytes: Buffer.from(bytes.subarray(0, left)) };
    }
    case 4: {
      const start = (page === 0 ? 100 : 0) + random.below(size / 2);
      for (let at = start; at < size; at++) pageBytes(page)[at] = random.below(256);
      return `noise in page ${page + 1} from byte ${start} on`;
    }
    case 5: {
      // The header of a page: its kind, its cells, their places.
      const at = page * size + (page === 0 ? 100 : 0) + random.below(30);
      bytes[at] = random.below(256);
      return `byte ${at % size} in the head of page ${page + 1}`;
    }
    default:
      return flipBits(bytes, random, page, size);
  }
}

function flipBits(bytes: Buffer, random: Random, page: number, size: number): string {
  const places: number[] = [];
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = page * size + (page === 0 ? 16 : 0) + random.below(size - 16);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    places.push(at % size);
  }
  return `bits of bytes ${places.join(', ')} in page ${page + 1}`;
}
