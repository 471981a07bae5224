/** A cluster has one picture, and stands for one second. */
const SECOND_MS = 1_000;

/**
 * Returns the parts of a WebM video of one picture for each second, with an index of them (Cues), so that a player seeks
 * by ranges. Each picture is followed by bytes that say nothing, which makes the video as long as is asked for. The
 * picture is a key frame of VP8, which is what a lossy WebP has in it.
 */
export function* webm(webp: Buffer, seconds: number, gap: number): Generator<Buffer> {
  const frame = vp8Of(webp);
  const { width, height } = sizeOf(frame);
  const cluster = (second: number) =>
    element(
      [0x1f, 0x43, 0xb6, 0x75],
      element([0xe7], number(second * SECOND_MS)),
      // Track 1, at the time of the cluster, a key frame.
      element([0xa3], Buffer.from([0x81, 0, 0, 0x80]), frame),
    );
  const filler = voidHead(gap);
  const clusterBytes = cluster(1).length;
  const info = element(
    [0x15, 0x49, 0xa9, 0x66],
    element([0x2a, 0xd7, 0xb1], number(1_000_000)),
    element([0x44, 0x89], float(seconds * SECOND_MS)),
    element([0x4d, 0x80], Buffer.from('kohakuvault')),
    element([0x57, 0x41], Buffer.from('kohakuvault')),
  );
  const tracks = element(
    [0x16, 0x54, 0xae, 0x6b],
    element(
      [0xae],
      element([0xd7], number(1)),
      element([0x73, 0xc5], number(1)),
      element([0x83], number(1)),
      element([0x86], Buffer.from('V_VP8')),
      element([0xe0], element([0xb0], number(width)), element([0xba], number(height))),
    ),
  );
  // Every number in the index has eight bytes, so its length is known before the places are.
  const cues = (first: number) =>
    element(
      [0x1c, 0x53, 0xbb, 0x6b],
      ...Array.from({ length: seconds }, (_, second) =>
        element(
          [0xbb],
          element([0xb3], number(second * SECOND_MS)),
          element(
            [0xb7],
            element([0xf7], number(1)),
            element([0xf1], number(first + second * (clusterBytes + filler.length + gap))),
          ),
        ),
      ),
    );
  const first = info.length + tracks.length + cues(0).length;
  const segment = first + seconds * (clusterBytes + filler.length + gap);
  yield element(
    [0x1a, 0x45, 0xdf, 0xa3],
    element([0x42, 0x82], Buffer.from('webm')),
    element([0x42, 0x87], number(4)),
    element([0x42, 0x85], number(2)),
  );
  yield Buffer.concat([Buffer.from([0x18, 0x53, 0x80, 0x67]), size(segment), info, tracks, cues(first)]);
  const zeros = Buffer.alloc(1 << 20);
  for (let second = 0; second < seconds; second++) {
    yield cluster(second);
    yield filler;
    for (let left = gap; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
  }
}

function vp8Of(webp: Buffer): Buffer {
  const at = webp.indexOf('VP8 ', 0, 'latin1');
  if (at < 0) throw new Error('the picture is not a lossy WebP');
  return webp.subarray(at + 8, at + 8 + webp.readUInt32LE(at + 4));
}

function sizeOf(frame: Buffer): { width: number; height: number } {
  return { width: frame.readUInt16LE(6) & 0x3fff, height: frame.readUInt16LE(8) & 0x3fff };
}

function element(id: readonly number[], ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(id), size(length), ...parts]);
}

/** The length of an element, in eight bytes. */
function size(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((1n << 56n) | BigInt(length));
  return bytes;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function voidHead(length: number): Buffer {
  return Buffer.concat([Buffer.from([0xec]), size(length)]);
}
