import { crc32, deflateSync } from 'node:zlib';

/** Returns a PNG of a picture. `color` returns red, green and blue from 0 to 255. */
export function png(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly [number, number, number],
): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(color(x, y), y * (1 + width * 3) + 1 + x * 3);
  }
  return file(width, height, TRUE_COLOR, [chunk('IDAT', deflateSync(rows))]);
}

/** Returns a PNG whose pixels are places in a list of at most 256 colors, such as 0xff8800. */
export function indexedPng(
  width: number,
  height: number,
  palette: readonly number[],
  placeOf: (pixel: number) => number,
): Buffer {
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (1 + width) + 1 + x] = placeOf(y * width + x);
  }
  const colors = Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  return file(width, height, INDEXED, [chunk('PLTE', colors), chunk('IDAT', deflateSync(rows, { level: 9 }))]);
}

const TRUE_COLOR = 2;
const INDEXED = 3;

function file(width: number, height: number, colors: number, chunks: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits for a color or a place.
  header.set([8, colors, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
