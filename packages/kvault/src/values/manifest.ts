import { Encoding, HEADER_LENGTH, header } from '@kohakuvault/packer/value';

/** What the row of a value holds if the value is in parts: `header | size u64 | part length u32 | id`. */
export interface Manifest {
  readonly size: number;
  /** The length of each part except the last. */
  readonly partLength: number;
  /** Distinguishes the value's parts from those of the key's earlier and later values. */
  readonly id: Buffer;
}

const ID_LENGTH = 16;
const ID_AT = HEADER_LENGTH + 12;

/** No other value of ours that begins like a manifest has this length, so all others need no further check. */
export const MANIFEST_LENGTH = ID_AT + ID_LENGTH;

/** Returns the SQL expression for the id in a manifest, which is NULL for every other value. */
export function idInSql(value: string): string {
  const front = header(Encoding.manifest).toString('hex');
  return (
    `CASE WHEN length(${value}) = ${MANIFEST_LENGTH} AND substr(${value}, 1, ${HEADER_LENGTH}) = x'${front}' ` +
    `THEN substr(${value}, ${ID_AT + 1}) END`
  );
}

export function encodeManifest({ size, partLength, id }: Manifest): Buffer {
  const bytes = Buffer.alloc(MANIFEST_LENGTH);
  header(Encoding.manifest).copy(bytes);
  bytes.writeBigUInt64LE(BigInt(size), HEADER_LENGTH);
  bytes.writeUInt32LE(partLength, HEADER_LENGTH + 8);
  id.copy(bytes, ID_AT);
  return bytes;
}

/** Returns the manifest that stored bytes are; undefined if they are not one. */
export function readManifest(stored: Buffer): Manifest | undefined {
  if (!looksLikeManifest(stored)) return undefined;
  const size = stored.readBigUInt64LE(HEADER_LENGTH);
  const partLength = stored.readUInt32LE(HEADER_LENGTH + 8);
  if (size > Number.MAX_SAFE_INTEGER || partLength === 0) return undefined;
  return { size: Number(size), partLength, id: Buffer.from(stored.subarray(ID_AT)) };
}

const FRONT = header(Encoding.manifest);

export function looksLikeManifest(stored: Buffer): boolean {
  return (
    stored.length === MANIFEST_LENGTH && stored[3] === Encoding.manifest && FRONT.compare(stored, 0, FRONT.length) === 0
  );
}
