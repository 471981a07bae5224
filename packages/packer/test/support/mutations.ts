import type { Random } from '../../../../tools/testing/src/random.ts';

/** Bytes at the ends of ranges of the formats, and bytes that begin values with a length. */
const TELLING = [0, 1, 0x1f, 0x20, 0x5d, 0x5f, 0x7f, 0x80, 0x81, 0x91, 0x9f, 0xbf, 0xc6, 0xc9, 0xdd, 0xdf, 0xfe, 0xff];
const LENGTHS = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 0x10000, 1_000_000];

/** Changes bytes at one to four places. */
export function mutated(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0; count--) result = mutatedOnce(result, others, random);
  return result;
}

function mutatedOnce(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(16));
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(1 + random.below(200), random.pick(TELLING)),
        bytes.subarray(at),
      ]);
    case 3: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + random.below(64)), bytes.subarray(at)]);
    }
    case 4:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(to)]);
    case 5: {
      if (bytes.length < 4) return bytes;
      const copy = Buffer.from(bytes);
      const place = random.below(bytes.length - 3);
      if (random.below(2)) copy.writeUInt32BE(random.pick(LENGTHS), place);
      else copy.writeUInt32LE(random.pick(LENGTHS), place);
      return copy;
    }
    default: {
      if (bytes.length === 0) return Buffer.from([random.below(256)]);
      const copy = Buffer.from(bytes);
      const place = at % bytes.length;
      copy[place] = random.below(2) ? random.pick(TELLING) : (copy[place] as number) ^ (1 << random.below(8));
      return copy;
    }
  }
}
