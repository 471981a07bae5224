import { inspect } from 'node:util';
import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { decodeValue, Encoding, readHeader } from '@kohakuvault/packer/value';
import { fromBase64, fromHex } from '../formats/binary-text.ts';
import { jsonKey } from './keys.ts';

const LONGEST_SHOWN = 200;

/**
 * An entry as a JSON object, from which it can be restored exactly. It has `value` if JSON can represent the value,
 * `bytes` (base64) if the value is bytes, and otherwise `stored` (base64), the bytes in the file, with `shown` for
 * people.
 */
export type JsonRecord = ({ key: string } | { keyHex: string }) &
  ({ value: unknown } | { bytes: string } | { stored: string; shown: string });

export function recordOf(key: Buffer, stored: Buffer): JsonRecord {
  const found = readHeader(stored);
  if (!found || found.id === Encoding.raw) {
    return { ...jsonKey(key), bytes: (found?.payload ?? stored).toString('base64') };
  }
  const value = decodeValue(stored);
  if (found.id !== Encoding.structured && isJson(value)) return { ...jsonKey(key), value };
  return { ...jsonKey(key), stored: stored.toString('base64'), shown: shownShort(value) };
}

/** Returns an entry as a line of JSON. With escapes, it may be longer than a JavaScript string can be. */
export function recordLine(record: object): string {
  try {
    return `${JSON.stringify(record)}\n`;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InvalidArgument('a value is too long for JSON; save it with get -o, or export to a folder', { cause });
  }
}

/** The entry of a record: a value, or the bytes that the file stores. */
export type ToStore = { key: string | Buffer } & ({ value: unknown } | { stored: Buffer });

export function readRecord(record: unknown): ToStore {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new InvalidArgument('it is not an object; expected {"key": ..., "value": ...}');
  }
  const { key, keyHex, value, bytes, stored } = record as Record<string, unknown>;
  const known = keyFrom(key, keyHex);
  if ('value' in record) return { key: known, value };
  if (typeof bytes === 'string') return { key: known, value: base64('bytes', bytes) };
  if (typeof stored === 'string') return { key: known, stored: storedValue(base64('stored', stored)) };
  throw new InvalidArgument('it has no "value", "bytes" or "stored"');
}

function keyFrom(key: unknown, keyHex: unknown): string | Buffer {
  if (typeof key === 'string') return key;
  const bytes = typeof keyHex === 'string' ? fromHex(keyHex) : undefined;
  if (bytes) return bytes;
  throw new InvalidArgument('it has neither a "key" that is a string nor a "keyHex" that is hexadecimal');
}

/** Returns the bytes for the file. They must decode, except for pickles, which only Python can judge. */
function storedValue(stored: Buffer): Buffer {
  if (readHeader(stored)?.id === Encoding.pickle) return stored;
  try {
    decodeValue(stored);
    return stored;
  } catch (cause) {
    if (!(cause instanceof KohakuVaultError)) throw cause;
    throw new InvalidArgument(`its "stored" is not a stored value: ${cause.message}`, { cause });
  }
}

function base64(name: string, text: string): Buffer {
  const bytes = fromBase64(text);
  if (bytes) return bytes;
  throw new InvalidArgument(`its "${name}" is not base64`);
}

/** Returns whether JSON represents a value exactly, so that reading it back gives an equal one. */
export function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJson);
      return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
    default:
      return false;
  }
}

function shownShort(value: unknown): string {
  const text = inspect(value, { breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 10, maxStringLength: 100 });
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}...`;
}
