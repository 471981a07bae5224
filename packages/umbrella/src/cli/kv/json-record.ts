import { InvalidArgument } from '@kohakuvault/core-native';
import { decodeValue, Encoding, readHeader } from '@kohakuvault/packer/value';
import { jsonKey } from './keys.ts';

/**
 * An entry as one object of JSON, from which it can be stored again exactly: `value` where JSON can say the value, `bytes`
 * (base64) where it is bytes, and `stored` (base64), the bytes in the file with what they are, where it is anything else.
 */
export type JsonRecord = ({ key: string } | { keyHex: string }) &
  ({ value: unknown } | { bytes: string } | { stored: string; type: string });

export function recordOf(key: Buffer, stored: Buffer): JsonRecord {
  const found = readHeader(stored);
  if (!found || found.id === Encoding.raw) {
    return { ...jsonKey(key), bytes: (found?.payload ?? stored).toString('base64') };
  }
  const value = decodeValue(stored);
  if (found.id !== Encoding.structured && isJson(value)) return { ...jsonKey(key), value };
  return { ...jsonKey(key), stored: stored.toString('base64'), type: typeName(value) };
}

/** What a record says is to be stored: a value, or bytes that go into the file as they are. */
export type ToStore = { key: string | Buffer } & ({ value: unknown } | { stored: Buffer });

export function readRecord(record: unknown): ToStore {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new InvalidArgument('it is no object; expected {"key": ..., "value": ...}');
  }
  const { key, keyHex, value, bytes, stored } = record as Record<string, unknown>;
  const known = keyFrom(key, keyHex);
  if ('value' in record) return { key: known, value };
  if (typeof bytes === 'string') return { key: known, value: base64('bytes', bytes) };
  if (typeof stored === 'string') return { key: known, stored: base64('stored', stored) };
  throw new InvalidArgument('it has none of "value", "bytes" and "stored"');
}

function keyFrom(key: unknown, keyHex: unknown): string | Buffer {
  if (typeof key === 'string') return key;
  if (typeof keyHex === 'string' && /^(?:[0-9a-f]{2})*$/i.test(keyHex)) return Buffer.from(keyHex, 'hex');
  throw new InvalidArgument('it has no "key" that is a string, and no "keyHex" that is hexadecimal');
}

function base64(name: string, text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new InvalidArgument(`its "${name}" is not base64`);
  }
  return Buffer.from(text, 'base64');
}

/** Whether JSON says the very same value, so that reading it back gives an equal one. */
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

function typeName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  return value.constructor?.name ?? 'object';
}
