const BYTEA = 17;
const TEXT = 25;
const ARRAY_HEADER = 20;

/** Returns an array of byte strings in the binary form in which servers receive `bytea[]`. */
export function binaryArray(items: readonly Uint8Array[]): Buffer {
  return arrayOf(BYTEA, items);
}

/** Returns an array of texts in the binary form in which servers receive `text[]`. */
export function binaryTextArray(items: readonly (string | null)[]): Buffer {
  return arrayOf(
    TEXT,
    items.map((item) => (item === null ? null : Buffer.from(item))),
  );
}

function arrayOf(type: number, items: readonly (Uint8Array | null)[]): Buffer {
  let length = items.length === 0 ? 12 : ARRAY_HEADER;
  for (const item of items) length += 4 + (item?.length ?? 0);
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeInt32BE(items.length === 0 ? 0 : 1, 0); // dimensions
  bytes.writeInt32BE(items.includes(null) ? 1 : 0, 4); // whether there is NULL among the items
  bytes.writeInt32BE(type, 8);
  if (items.length === 0) return bytes;
  bytes.writeInt32BE(items.length, 12);
  bytes.writeInt32BE(1, 16); // the first index
  let at = ARRAY_HEADER;
  for (const item of items) {
    bytes.writeInt32BE(item?.length ?? -1, at);
    at += 4;
    if (!item) continue;
    bytes.set(item, at);
    at += item.length;
  }
  return bytes;
}

/** Returns byte strings as the text of an array, for PGlite. */
export function textArray(items: readonly Uint8Array[]): string {
  return `{${items.map((item) => `"\\\\x${hexOf(item)}"`).join()}}`;
}

/** Returns texts as the text of an array, for PGlite. */
export function textOfTexts(items: readonly (string | null)[]): string {
  const shown = items.map((item) =>
    item === null ? 'NULL' : `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  return `{${shown.join()}}`;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
