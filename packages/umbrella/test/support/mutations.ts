import type { Random } from '../../../../tools/testing/src/random.ts';

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x0a, 0x0d, 0x5b, 0x7b, 0x30, 0x39];
const WHOLE = [
  0n,
  1n,
  -1n,
  255n,
  2n ** 16n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
];
const TEXTS = [
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '[',
  ']',
  '{',
  '}',
  ':',
  '-',
  '9'.repeat(30),
  '1e999',
  'null',
  'NaN',
  '\0',
  '\ud83d\ude00',
  '(',
  ')',
  "'",
  'True',
  '"stored"',
  '"bytes"',
  '"keyHex"',
  '='.repeat(3),
];

/** Returns a copy of bytes with a few damages. */
export function mutated(bytes: Buffer, random: Random, from = 0): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = from + random.below(Math.max(1, changed.length - from));
    const end = Math.min(changed.length, at + 1 + random.below(40));
    const spliced = (middle: Uint8Array, behind: number) =>
      Buffer.concat([changed.subarray(0, at), middle, changed.subarray(behind)]);
    switch (random.below(8)) {
      case 0:
        changed[at] = (changed[at] as number) ^ (1 << random.below(8));
        break;
      case 1:
        changed[at] = random.pick(BYTES);
        break;
      case 2:
        if (at + 4 <= changed.length) changed.writeInt32LE(Number(BigInt.asIntN(32, random.pick(WHOLE))), at);
        break;
      case 3:
        if (at + 8 <= changed.length) changed.writeBigInt64LE(BigInt.asIntN(64, random.pick(WHOLE)), at);
        break;
      case 4:
        changed = spliced(Buffer.from(random.pick(TEXTS)), at);
        break;
      case 5:
        changed = spliced(Buffer.alloc(0), end);
        break;
      case 6:
        changed = spliced(changed.subarray(at, end), at);
        break;
      default:
        if (random.below(4) === 0) changed = changed.subarray(0, at);
        else changed[at] = random.below(256);
    }
  }
  return changed;
}

/** Returns a damaged copy of the same length, as a disk would make it. */
export function overwritten(bytes: Buffer, random: Random, from: number): Buffer {
  const changed = Buffer.from(bytes);
  for (let left = 1 + random.below(6); left > 0; left--) {
    const at = from + random.below(changed.length - from);
    if (random.below(4) === 0) changed.fill(random.pick(BYTES), at, at + random.below(600));
    else changed[at] = random.below(2) === 0 ? random.pick(BYTES) : random.below(256);
  }
  return changed;
}
