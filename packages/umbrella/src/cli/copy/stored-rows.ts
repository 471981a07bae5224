import type { StoredTextRow, StoredVectorRow } from '@kohakuvault/postgres/internal';
import type { StoredRow } from './side.ts';

/** Returns a vector as both sides compare it. */
export function vectorRow(row: StoredVectorRow): StoredRow {
  const { id, vector, value, fields } = row;
  const names = Object.keys(fields).sort();
  const shown = names.map((name) => Buffer.from(`${name} ${typeof fields[name]} ${String(fields[name])}`));
  return { id, parts: [Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength), value, ...shown], row };
}

/** Returns a document as both sides compare it. */
export function textRow(row: StoredTextRow): StoredRow {
  const { id, texts, value } = row;
  const shown = Object.entries(texts).flatMap(([name, text]) => [Buffer.from(name), Buffer.from(text)]);
  return { id, parts: [value, ...shown], row };
}
