import type { VaultFile } from '../file/vault-file.ts';
import { keyOf } from '../keys/key-ref.ts';
import { mediaTypeOf, textOf } from '../values/media-type.ts';
import { decodeWhole, isBytes, openStored } from '../values/stored-value.ts';
import { typedJson } from '../values/typed-json.ts';
import { nodeOf } from '../values/value-node.ts';
import { plainOf } from './plain.ts';

/** Characters of a text that an answer has. */
const MOST_TEXT = 20_000;

/** A key as an agent writes it: text, or `x:` and hexadecimal. */
export function keyGiven(given: string): Buffer {
  return /^x:(?:[\da-f]{2})+$/i.test(given) ? keyOf(given) : Buffer.from(given);
}

/** Returns a key of an answer as an agent writes it. */
export function plainKey(ref: string): string {
  const key = ref.startsWith('t:') ? ref.slice(2) : ref;
  // A text that looks like bytes is given as the bytes that it is.
  return /^x:/i.test(key) ? `x:${keyOf(ref).toString('hex')}` : key;
}

/** Returns what an agent is told of a value. */
export function shownValue(file: VaultFile, table: string, key: Buffer, offset: number): object {
  const stored = openStored(file, table, key);
  const about = { encoding: stored.encoding, bytes: stored.bytes };
  if (isBytes(stored)) {
    const start = stored.read(stored.front, 4_096);
    const mime = mediaTypeOf(start);
    if (mime !== 'text/plain' && mime !== 'image/svg+xml')
      return { ...about, mime: mime ?? null, hex: start.toString('hex', 0, 256) };
    return { ...about, mime, ...pieceOf(textOf(stored.read(stored.front, offset * 4 + MOST_TEXT * 4)) ?? '', offset) };
  }
  const value = decodeWhole(file, stored);
  if (typeof value === 'string') return { ...about, ...pieceOf(value, offset) };
  const json = typedJson(value, MOST_TEXT);
  if (json !== undefined) return { ...about, value: JSON.parse(json) as unknown };
  return { ...about, text: JSON.stringify(plainOf(nodeOf(value))).slice(0, MOST_TEXT), cut: true };
}

function pieceOf(whole: string, offset: number): object {
  const piece = whole.slice(offset, offset + MOST_TEXT);
  return { text: piece, ...(offset + piece.length < whole.length ? { next: offset + piece.length } : {}) };
}
