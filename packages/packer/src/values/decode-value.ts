import { CorruptData, detailOf, InvalidArgument, withDetail } from '@kohakuvault/core-native/internal';
import { disguised } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { readArguments } from '../errors/proxy-errors.ts';
import { decodeCbor } from '../formats/cbor/cbor-reader.ts';
import { withIntegers } from '../formats/integers.ts';
import { decodeJson } from '../formats/json/json-reader.ts';
import { decodeMessagePack } from '../formats/msgpack/msgpack-reader.ts';
import { decodePickle } from '../formats/pickle/pickle-reader.ts';
import { decodeStructured } from '../formats/structured/structured-reader.ts';
import { textAt } from '../formats/text-reader.ts';
import {
  Encoding,
  HEADER_LENGTH,
  hasHeader,
  headerOf,
  Kind,
  noOptions,
  type StoredHeader,
  storedBytes,
} from '../headers/header.ts';
import { readVector } from '../tensors/vectors.ts';
import { decodeNumber, guessEightBytes, isNumber } from './scalars.ts';

export interface DecodeOptions {
  /** Off: the stored bytes come back as they are, with any header. Default true. */
  readonly autoPack?: boolean;
}

const NAMES = new Map<number, string>(Object.entries(Encoding).map(([name, id]) => [id, name]));

/**
 * Decodes the value of stored bytes. A value that is bytes shares their memory, so the caller must not use it again.
 * Damaged bytes of any kind throw `CorruptData`.
 */
export function decodeValue(stored: Uint8Array, options?: DecodeOptions): unknown {
  if (options === null || (typeof options !== 'object' && options !== undefined))
    throw noOptions('decodeValue', options);
  const bytes = storedBytes('decodeValue', stored);
  try {
    if ((options !== undefined && isOff(options)) || !hasHeader(bytes)) return bytes;
    return isNumber(bytes) ? decodeNumber(bytes) : decodePayload(headerOf(bytes));
  } catch (error) {
    if (error instanceof DecodeError) throw unreadable(bytes, error);
    const hidden = disguised(error, bytes);
    throw hidden ? new InvalidArgument(`decodeValue: ${hidden.message}`, { cause: error }) : error;
  }
}

function unreadable(bytes: Buffer, error: DecodeError): CorruptData {
  const { message, cause } = error;
  const id = bytes[3] as number;
  const what = `a stored value of encoding ${id} (${NAMES.get(id)})`;
  return withDetail(new CorruptData(`${what} cannot be decoded: ${message}`, { cause }), detailOf(error));
}

function isOff(options: DecodeOptions): boolean {
  return readArguments('decodeValue', () => options.autoPack === false);
}

function decodePayload({ id, flags, payload }: StoredHeader): unknown {
  const kind = kindOf(id, flags);
  switch (id) {
    case Encoding.raw:
      return payload;
    case Encoding.packed:
      return decodePacked(payload, kind);
    case Encoding.utf8:
      return textAt(payload, 0, payload.length, HEADER_LENGTH);
    case Encoding.msgpack:
      return kind === Kind.bigints
        ? withIntegers(decodeMessagePack(payload), kind)
        : decodeMessagePack(payload, undefined, kind === Kind.numbers ? NUMBERS_ONLY : undefined);
    case Encoding.json:
      return withIntegers(decodeJson(payload), kind);
    case Encoding.cbor:
      return withIntegers(decodeCbor(payload), kind);
    case Encoding.pickle:
      return decodePickle(payload, kind);
    case Encoding.structured:
      return decodeStructured(payload);
    case Encoding.manifest:
      throw new InvalidArgument(
        'the value is stored in parts, which only KVault can put together; read it with KVault.get',
      );
  }
}

const NUMBERS_ONLY = { numbersOnly: true };

/** The kinds that each encoding may have beside `unsaid`. */
const KINDS: Partial<Record<Encoding, readonly Kind[]>> = {
  [Encoding.packed]: [Kind.numbers, Kind.double, Kind.typedArray, Kind.clampedArray, Kind.tensor],
  [Encoding.msgpack]: [Kind.numbers, Kind.bigints],
  [Encoding.json]: [Kind.numbers, Kind.bigints],
  [Encoding.cbor]: [Kind.numbers, Kind.bigints],
  [Encoding.pickle]: [Kind.numbers, Kind.bigints],
};
/** For each encoding, whether it may have each of the 64 kinds. A look-up here costs less than a search in a list. */
const MAY_HAVE = new Uint8Array(64 * 64);
for (const id of Object.values(Encoding)) {
  for (const kind of [Kind.unsaid, ...(KINDS[id] ?? [])]) MAY_HAVE[id * 64 + kind] = 1;
}

function kindOf(id: Encoding, flags: number): Kind {
  const kind = (flags >> 2) as Kind;
  if (MAY_HAVE[id * 64 + kind] !== 1) {
    throw new DecodeError(`its flags ${flags} are unknown; a newer version may have written it`);
  }
  return kind;
}

function decodePacked(payload: Buffer, kind: Kind): unknown {
  if (kind === Kind.numbers || kind === Kind.double) {
    throw new DecodeError(`the number has ${payload.length} bytes; expected 8`);
  }
  return kind === Kind.unsaid && payload.length === 8 ? guessEightBytes(payload) : readVector(payload, kind);
}
