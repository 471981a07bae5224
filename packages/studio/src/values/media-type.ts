import { isUtf8 } from 'node:buffer';

/** Beginnings of files, by which their type is told. A dot stands for any byte. */
const MAGIC: readonly (readonly [offset: number, bytes: string, type: string])[] = [
  [0, '\x89PNG\r\n\x1a\n', 'image/png'],
  [0, '\xff\xd8\xff', 'image/jpeg'],
  [0, 'GIF8', 'image/gif'],
  [8, 'WEBP', 'image/webp'],
  [4, 'ftypavif', 'image/avif'],
  [0, 'BM', 'image/bmp'],
  [8, 'WAVE', 'audio/wav'],
  [0, 'ID3', 'audio/mpeg'],
  [0, '\xff\xfb', 'audio/mpeg'],
  [0, '\xff\xf3', 'audio/mpeg'],
  [0, 'fLaC', 'audio/flac'],
  [4, 'ftypM4A', 'audio/mp4'],
  [4, 'ftyp', 'video/mp4'],
  [0, '\x1aE\xdf\xa3', 'video/webm'],
  [0, 'OggS', 'audio/ogg'],
  [0, '%PDF-', 'application/pdf'],
  [0, 'PK\x03\x04', 'application/zip'],
  [0, '\x1f\x8b', 'application/gzip'],
  [0, 'ARROW1', 'application/vnd.apache.arrow.file'],
  [0, 'SQLite format 3\0', 'application/vnd.sqlite3'],
];

/** Types that a browser shows and never runs. Everything else is a download. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml)|audio\/\w+|video\/\w+|text\/plain)(?:;|$)/;

/** Returns what bytes look like by their beginning; undefined if nothing is known. */
export function mediaTypeOf(start: Buffer): string | undefined {
  for (const [offset, bytes, type] of MAGIC) {
    if (start.toString('latin1', offset, offset + bytes.length) === bytes)
      return type === 'audio/ogg' ? oggType(start) : type;
  }
  const text = textOf(start);
  if (text === undefined) return undefined;
  return /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(text)
    ? 'image/svg+xml'
    : 'text/plain';
}

function oggType(start: Buffer): string {
  return start.toString('latin1', 0, 128).includes('theora') ? 'video/ogg' : 'audio/ogg';
}

/** Returns the type to serve bytes with, and whether a browser may show them. */
export function servedType(type: string | undefined): { type: string; isShown: boolean } {
  if (type === undefined || !SHOWN.test(type)) return { type: 'application/octet-stream', isShown: false };
  return { type: type === 'text/plain' ? 'text/plain; charset=utf-8' : type, isShown: true };
}

/** Returns the beginning of bytes as text; undefined if they are not text. The last character may be cut. */
export function textOf(start: Buffer): string | undefined {
  if (start.length === 0) return '';
  const whole = start.subarray(0, start.length - cutBytes(start));
  if (!isUtf8(whole)) return undefined;
  const text = whole.toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell text from other bytes.
  return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
}

/** How many bytes at the end belong to a character whose other bytes are missing. */
function cutBytes(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

/** Returns the language of a text, for highlighting. */
export function languageOf(text: string, isWhole: boolean): string {
  const start = text.trimStart();
  if (/^[[{]/.test(start) && (!isWhole || isJson(text))) return 'json';
  if (/^<svg|^<\?xml[^>]*>\s*<svg/i.test(start)) return 'svg';
  if (/^<!doctype html|^<html/i.test(start)) return 'html';
  if (/^<\?xml|^<[a-z][\w:-]*[\s>]/i.test(start)) return 'xml';
  if (/^#{1,6} \S|^---\n/m.test(start.slice(0, 2_000)) && /\n/.test(start)) return 'markdown';
  const [first = '', second] = start.split('\n');
  const commas = first.split(',').length;
  if (commas > 1 && second !== undefined && second.split(',').length === commas) return 'csv';
  return 'plain';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
