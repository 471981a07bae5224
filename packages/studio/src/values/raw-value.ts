import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { showKey } from '@kohakuvault/kvault/internal';
import type { Params } from '../api/params.ts';
import { StudioError } from '../api/studio-error.ts';
import { MAX_RANGE } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { attachment, response, type StudioRequest, type StudioResponse } from '../http/exchange.ts';
import { type ByteSpan, rangeOfHeader } from '../http/ranges.ts';
import { keyOf } from '../keys/key-ref.ts';
import { bytesOf, isTensor, viewName } from './kinds.ts';
import { mediaTypeOf, servedType } from './media-type.ts';
import { decodeWhole, openStored, type StoredValue } from './stored-value.ts';

/** What is served: stored bytes from a place on, or bytes in memory. */
interface Source {
  readonly size: number;
  readonly type: string | undefined;
  /** The bytes that come before the content in the file. */
  readonly front: number;
  readonly memory?: Buffer;
}

/** Answers with the bytes of a value, or with a range of them. */
export function rawValue(file: VaultFile, params: Params, request: StudioRequest): StudioResponse {
  const table = params.text('table');
  const key = keyOf(params.text('key'));
  const form = params.oneOf('form', ['content', 'stored', 'numbers']) ?? 'content';
  return file.consistently(() => {
    const stored = openStored(file, table, key);
    const { etag } = stored;
    const source = sourceOf(file, stored, form);
    const ifRange = request.header('if-range');
    const wanted = ifRange === undefined || ifRange === etag ? request.header('range') : undefined;
    const range = rangeOfHeader(wanted, source.size);
    if (form === 'stored' && !stored.isPlain) refuseLong(range, source.size);
    const { start, end } = range ?? { start: 0, end: source.size - 1 };
    const { type, isShown } = servedType(source.type);
    const isDownload = params.flag('download') || !isShown;
    const headers = {
      'content-type': type,
      'accept-ranges': 'bytes',
      'content-length': String(end - start + 1),
      etag,
      ...(range ? { 'content-range': `bytes ${start}-${end}/${source.size}` } : {}),
      ...(isDownload ? { 'content-disposition': attachment(nameOf(key, source.type)) } : {}),
    };
    if (request.header('if-none-match') === etag && !range) return response(304, { etag }, null);
    const body =
      end < start || request.method === 'HEAD' ? null : bodyOf(stored, source, { start, end }, request.signal);
    return response(range ? 206 : 200, headers, body);
  });
}

function sourceOf(file: VaultFile, stored: StoredValue, form: 'content' | 'stored' | 'numbers'): Source {
  if (form === 'stored') return { size: stored.bytes, type: undefined, front: 0 };
  if (form === 'numbers') return { ...numbersOf(decodeWhole(file, stored), stored.key), type: undefined, front: 0 };
  if (stored.isPlain) {
    const { front } = stored;
    const type = stored.encoding === 'text' ? 'text/plain' : mediaTypeOf(stored.read(front, 4_096));
    return { size: stored.bytes - front, type, front };
  }
  throw new InvalidArgument(
    `the value of ${showKey(stored.key)} is packed as ${stored.encoding}, not plain bytes; ask for form=stored, or for its tree`,
  );
}

function numbersOf(value: unknown, key: Buffer): { size: number; memory: Buffer } {
  const array = isTensor(value) ? value.data : value;
  if (typeof array === 'object' && array !== null && viewName(array) !== undefined) {
    const memory = bytesOf(array as ArrayBufferView);
    return { size: memory.length, memory };
  }
  throw new InvalidArgument(
    `the value of ${showKey(key)} is neither a tensor nor a typed array; form=numbers is for those`,
  );
}

function refuseLong(range: ByteSpan | undefined, size: number): void {
  const length = range ? range.end - range.start + 1 : size;
  if (length <= MAX_RANGE) return;
  throw new StudioError('STUDIO_TOO_LARGE', `${length} bytes are asked for; a range has at most ${MAX_RANGE}`);
}

function bodyOf(
  { table, key }: StoredValue,
  { memory, front }: Source,
  { start, end }: ByteSpan,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> | Uint8Array {
  if (memory) return memory.subarray(start, end + 1);
  return table.vault.createReadStream(key, { start: front + start, end: front + end, signal });
}

const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'image/avif': '.avif',
  'image/svg+xml': '.svg',
  'audio/mpeg': '.mp3',
  'audio/wav': '.wav',
  'audio/flac': '.flac',
  'audio/ogg': '.ogg',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
  'text/plain': '.txt',
  'application/pdf': '.pdf',
  'application/zip': '.zip',
  'application/gzip': '.gz',
};

function nameOf(key: Buffer, type: string | undefined): string {
  const last =
    key
      .toString()
      .split(/[/\\:]/)
      .at(-1) || 'value';
  const ending = ENDINGS[type ?? ''] ?? '';
  return /\.\w{1,5}$/.test(last) ? last : `${last}${ending}`;
}
