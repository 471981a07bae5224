import { createHash } from 'node:crypto';
import { CorruptData, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import { showKey } from '@kohakuvault/kvault/internal';
import { Encoding, HEADER_LENGTH, readHeader, type StoredHeader } from '@kohakuvault/packer/value';
import { onlyByProgram, type StoredTable, type VaultFile } from '../file/vault-file.ts';

/** The longest value that is decoded to be shown: objects may take many times the memory of their bytes. */
const MOST_DECODED = 16 * 1024 * 1024;
/** The bytes of a row whose hash tells it from other values of its length. */
const HASHED = 64 * 1024;

/** A value as it is in the file, of which nothing but the beginning has been read. */
export interface StoredValue {
  readonly key: Buffer;
  readonly table: StoredTable;
  readonly header: StoredHeader | undefined;
  /** The bytes of the header, which come before the content. */
  readonly front: number;
  readonly bytes: number;
  readonly encoding: string;
  /** Whether the content is plain bytes or text, which may be read in ranges. */
  readonly isPlain: boolean;
  readonly etag: string;
  /** Reads stored bytes. */
  read(offset: number, length: number): Buffer;
}

/** Opens a value. `NotFound` if there is no such key. */
export function openStored(file: VaultFile, table: string, key: Buffer): StoredValue {
  const stored = file.stored(table);
  const looked = stored.look.look(key);
  if (!looked) throw new NotFound(`${table} has no key ${showKey(key)}`);
  if (looked.encoding === 'damaged') {
    throw new CorruptData(`the value of ${showKey(key)} in ${table} is damaged; verify tells what is wrong`);
  }
  using blob = stored.vault.openBlob(key);
  const { size } = blob;
  const start = blob.read(0, Math.min(size, HASHED));
  const header = readHeader(start);
  const { encoding } = looked;
  return {
    key,
    table: stored,
    header,
    front: header ? HEADER_LENGTH : 0,
    bytes: size,
    encoding,
    isPlain: encoding === 'bytes' || encoding === 'text',
    etag: `"${size}-${createHash('sha256').update(start).digest('base64url').slice(0, 16)}"`,
    read: (offset, length) => {
      using again = stored.vault.openBlob(key);
      return again.read(offset, Math.min(length, again.size - offset));
    },
  };
}

/** The values that were decoded last, while somebody else still holds them. */
const decoded = new WeakMap<VaultFile, { of: string; value: WeakRef<object> }>();

/** Decodes a value. */
export function decodeWhole(file: VaultFile, stored: StoredValue): unknown {
  const { table, bytes, key, etag } = stored;
  const of = `${table.table}\0${key.toString('hex')}\0${etag}\0${file.version()}`;
  const known = decoded.get(file);
  const kept = known?.of === of ? known.value.deref() : undefined;
  if (kept !== undefined) return kept;
  if (bytes > MOST_DECODED) {
    throw new KohakuVaultError(
      `the value of ${showKey(key)} has ${bytes.toLocaleString('en')} bytes, which is too long to show; download it, or ` +
        'read it by a program',
      { code: 'KV_INVALID_ARGUMENT' },
    );
  }
  const decode = file.decoder(table.table);
  if (!decode) throw onlyByProgram(table.table, table.encoding.name);
  const value = decode(stored.read(0, bytes));
  if (typeof value === 'object' && value !== null) decoded.set(file, { of, value: new WeakRef(value) });
  return value;
}

/** Whether a value's own table makes it bytes, so that nothing is decoded. */
export function isBytes({ encoding, header }: StoredValue): boolean {
  return encoding === 'bytes' && (header === undefined || header.id === Encoding.raw);
}
