import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Mutate } from './mutation.ts';
import { mutatePages } from './pages.ts';

const HEADER = 32;
const FRAME_HEADER = 24;

/** Damages frames of the WAL, with checksums that show it and with checksums that do not. */
export const mutateWal: Mutate = (path, random, file) => {
  const wal = `${path}-wal`;
  if (!existsSync(wal)) return mutatePages(path, random, file);
  const bytes = readFileSync(wal);
  const pageSize = bytes.readUInt32BE(8);
  const frames = Math.floor((bytes.length - HEADER) / (FRAME_HEADER + pageSize));
  const frame = random.below(frames);
  const start = HEADER + frame * (FRAME_HEADER + pageSize);
  switch (random.below(7)) {
    case 0:
      rmSync(wal);
      return { text: 'removed the WAL' };
    case 1: {
      const left = random.below(bytes.length);
      writeFileSync(wal, bytes.subarray(0, left));
      return { text: `cut the WAL off after ${left} bytes` };
    }
    case 2: {
      const at = random.below(HEADER);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      writeFileSync(wal, bytes);
      return { text: `a bit of byte ${at} in the head of the WAL` };
    }
    case 3: {
      const other = HEADER + random.below(frames) * (FRAME_HEADER + pageSize);
      bytes.copy(bytes, start, other, other + FRAME_HEADER + pageSize);
      writeFileSync(wal, bytes);
      return { text: `wrote another frame over frame ${frame}` };
    }
    default: {
      const isNoticed = random.oneIn(3);
      for (let left = 1 + random.below(4); left > 0; left--) {
        const at = start + (isNoticed ? 0 : FRAME_HEADER) + random.below(pageSize);
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      }
      if (!isNoticed) renewChecksums(bytes, pageSize, frames);
      writeFileSync(wal, bytes);
      return {
        text: `bits of frame ${frame}, ${isNoticed ? 'as its checksum tells' : 'with a checksum that is right'}`,
      };
    }
  }
};

/** Gives all frames the checksums of their present content: damage that SQLite cannot notice. */
function renewChecksums(wal: Buffer, pageSize: number, frames: number): void {
  const isBigEndian = (wal.readUInt32BE(0) & 1) === 1;
  let [first, second] = [wal.readUInt32BE(24), wal.readUInt32BE(28)];
  const add = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 8) {
      const [left, right] = isBigEndian
        ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
        : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      first = (first + left + second) >>> 0;
      second = (second + right + first) >>> 0;
    }
  };
  for (let frame = 0; frame < frames; frame++) {
    const start = HEADER + frame * (FRAME_HEADER + pageSize);
    add(wal.subarray(start, start + 8));
    add(wal.subarray(start + FRAME_HEADER, start + FRAME_HEADER + pageSize));
    wal.writeUInt32BE(first, start + 16);
    wal.writeUInt32BE(second, start + 20);
  }
}
