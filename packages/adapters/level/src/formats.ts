import type { Key, KVault } from '@kohakuvault/kvault';

/** What keys and values are inside: abstract-level encodes everything else to these. */
export type Format = string | Buffer;

/** The table: bytes by bytes. */
export type BytesVault = KVault<Uint8Array, 'bytes', true, 'binary'>;

/** The names of the two formats, as abstract-level passes them. */
export type FormatName = 'utf8' | 'buffer';

/** Returns stored bytes in the format that was asked for. */
export function inFormat(bytes: Buffer, format: FormatName | undefined): Format {
  return format === 'utf8' ? bytes.toString() : bytes;
}

/** Returns the bytes of an encoded value. */
export function bytesOf(value: Format): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

/** Compares keys by their bytes. */
export function compareKeys(one: Key, other: Key): number {
  return Buffer.compare(bytesOf(one as Format), bytesOf(other as Format));
}
