import { Encoding, readHeader } from '@kohakuvault/packer/value';
import { bodyRules, checkBody } from '../api/body.ts';
import type { Params } from '../api/params.ts';
import type { ExportKeysRequest } from '../api/types.ts';
import type { StoredTable, VaultFile } from '../file/vault-file.ts';
import { download, type StudioResponse } from '../http/exchange.ts';
import { rangeOf } from './key-range.ts';
import { keyOf, refOf } from './key-ref.ts';

/** A longer value is left out of JSON lines, with its length. */
const MOST_BYTES = 64 * 1024 * 1024;
const PIECE = 256 * 1024;

/** Answers with the keys of a range, or with its entries as JSON lines, which `kohakuvault import` reads. */
export function exportRange(file: VaultFile, params: Params, signal: AbortSignal): StudioResponse {
  const stored = file.stored(params.text('table'));
  const format = params.oneOf('format', ['ndjson', 'keys']) ?? 'ndjson';
  return answer(stored, format, stored.vault.keys(rangeOf(params)), signal);
}

/** Does the same for chosen keys. */
export function exportKeys(file: VaultFile, body: unknown, signal: AbortSignal): StudioResponse {
  const rules = { table: bodyRules.text, keys: bodyRules.texts, format: bodyRules.oneOf('ndjson', 'keys') };
  const { table, keys, format = 'ndjson' } = checkBody<ExportKeysRequest>('export', body, rules, ['table', 'keys']);
  const chosen = keys.map((ref) => keyOf(ref));
  return answer(file.stored(table), format, chosen, signal);
}

function answer(
  stored: StoredTable,
  format: 'ndjson' | 'keys',
  keys: Iterable<Buffer>,
  signal: AbortSignal,
): StudioResponse {
  const name = `${stored.table}.${format === 'keys' ? 'txt' : 'ndjson'}`;
  const type = format === 'keys' ? 'text/plain; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
  return download(name, type, lines(stored, format, keys, signal));
}

async function* lines(
  stored: StoredTable,
  format: 'ndjson' | 'keys',
  keys: Iterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let piece = '';
  for (const key of keys) {
    piece += format === 'keys' ? `${refOf(key).slice(2)}\n` : recordLine(stored, key);
    if (piece.length < PIECE) continue;
    signal.throwIfAborted();
    yield piece;
    piece = '';
    // Other requests run between two pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield piece;
}

/** Returns an entry as the command line exports it: bytes as base64, and everything else as it is stored. */
function recordLine({ vault, look }: StoredTable, key: Buffer): string {
  const looked = look.look(key);
  if (!looked) return '';
  const ref = refOf(key);
  const name = ref.startsWith('t:') ? { key: ref.slice(2) } : { keyHex: ref.slice(2) };
  if (looked.bytes > MOST_BYTES) return `${JSON.stringify({ ...name, tooLong: looked.bytes })}\n`;
  using blob = vault.openBlob(key);
  const stored = blob.read(0, blob.size);
  const header = readHeader(stored);
  const isBytes = header === undefined || header.id === Encoding.raw;
  const value = isBytes
    ? { bytes: (header?.payload ?? stored).toString('base64') }
    : { stored: stored.toString('base64'), shown: looked.encoding };
  return `${JSON.stringify({ ...name, ...value })}\n`;
}
