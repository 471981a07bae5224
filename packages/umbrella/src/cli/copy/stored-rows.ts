import type { StoredJobRow } from '@kohakuvault/kvault/internal';
import type { StoredTextRow, StoredVectorRow } from '@kohakuvault/postgres/internal';
import type { StoredDocumentRow } from '@kohakuvault/text/internal';
import type { StoredRow } from './side.ts';

/** Returns a vector as both sides compare it. */
export function vectorRow(row: StoredVectorRow): StoredRow {
  const { id, vector, value, fields } = row;
  return { id, parts: [bytesOf(vector), value, ...partsOf(fields)], row };
}

/** Returns a text as both sides compare it. */
export function textRow(row: StoredTextRow): StoredRow {
  const { id, texts, value } = row;
  const shown = Object.entries(texts).flatMap(([name, text]) => [Buffer.from(name), Buffer.from(text)]);
  return { id, parts: [value, ...shown], row };
}

/** Returns a document as both sides compare it. */
export function documentRow(row: StoredDocumentRow): StoredRow {
  const { id, value, fields, chunks } = row;
  const shown = chunks.flatMap(({ start, end, text, vector }) => [
    Buffer.from(`${start} to ${end}`),
    Buffer.from(text),
    bytesOf(vector),
  ]);
  return { id, parts: [value, ...partsOf(fields), ...shown], row };
}

/** Returns a job as both sides compare it. */
export function jobRow(row: StoredJobRow): StoredRow {
  const { id, due, attempts, token, error, value } = row;
  const state = `${due} ${attempts} ${token?.toString('hex')} ${error === null ? 'none' : 'an error'}`;
  return { id, parts: [Buffer.from(state), Buffer.from(error ?? ''), value], row };
}

function partsOf(fields: Readonly<Record<string, unknown>>): Buffer[] {
  const names = Object.keys(fields).sort();
  return names.map((name) => Buffer.from(`${name} ${typeof fields[name]} ${String(fields[name])}`));
}

function bytesOf(vector: ArrayBufferView): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}
