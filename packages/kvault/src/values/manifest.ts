import { Encoding, HEADER_LENGTH, header } from '@kohakuvault/packer/value';

/** What stands in the table for a value whose bytes are in parts: `header | size u64 | part length u32 | id`. */
export interface Manifest {
  readonly size: number;
  /** The length of every part but the last. */
  readonly partLength: number;
  /** Tells the value's parts from those of the value before or after it. */
  readonly id: Buffer;
}

const ID_LENGTH = 16;
const ID_AT = HEADER_LENGTH + 12;

/** No other value of ours with a manifest's beginning has this length, so nothing else needs to be looked at. */
export const MANIFEST_LENGTH = ID_AT + ID_LENGTH;

/** The id in a manifest, NULL for every other value, as SQL knows it. */
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

/** The manifest that stored bytes are; undefined for all others. */
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
