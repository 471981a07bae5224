import type { Random } from '../../../testing/src/random.ts';
import type { GoodFile } from '../files/good-files.ts';

/** The damage to a copy of a good file. */
export interface Mutation {
  readonly text: string;
  /** The damaged table, if everything else is unchanged. */
  readonly table?: string;
}

/** Damages the file at a path, which is a copy of a good one. */
export type Mutate = (path: string, random: Random, file: GoodFile) => Mutation;

/** Returns a copy of bytes with a few bits flipped, or with more damage. */
export function garble(bytes: Buffer, random: Random): Buffer {
  const garbled = Buffer.from(bytes);
  if (garbled.length === 0) return Buffer.from([random.below(256)]);
  // The first bytes say what the rest is.
  const place = () => (random.oneIn(2) ? random.below(Math.min(16, garbled.length)) : random.below(garbled.length));
  switch (random.below(7)) {
    case 0:
      return garbled.subarray(0, random.below(garbled.length));
    case 1:
      return Buffer.concat([garbled, Buffer.alloc(1 + random.below(20), random.below(256))]);
    case 2: {
      const start = place();
      return garbled.fill(0, start, start + 1 + random.below(64));
    }
    case 3: {
      const [from, to] = [random.below(garbled.length), random.below(garbled.length)];
      garbled.copyWithin(to, from, from + 1 + random.below(32));
      return garbled;
    }
    default:
      for (let count = 1 + random.below(3); count > 0; count--) {
        const at = place();
        garbled[at] = random.oneIn(3) ? random.below(256) : (garbled[at] as number) ^ (1 << random.below(8));
      }
      return garbled;
  }
}
