import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { asBuffer, isUint8Array } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';
import { codecErrorOf } from '../errors/proxy-errors.ts';
import { CborWriter } from '../formats/cbor/cbor-writer.ts';
import { SeenIntegers } from '../formats/integers.ts';
import { encodeJson } from '../formats/json/json-writer.ts';
import { MessagePackWriter } from '../formats/msgpack/msgpack-writer.ts';
import { encodePickle } from '../formats/pickle/pickle-writer.ts';
import { isPlainPrototype } from '../formats/plain-object.ts';
import { StructuredWriter } from '../formats/structured/structured-writer.ts';
import { beginsLikeHeader, Encoding, Kind, noOptions } from '../headers/header.ts';
import { encodeVector, vectorOfArray, vectorOfTensor } from '../tensors/vectors.ts';
import { encodeBigInt, encodeConstant, encodeNumber, encodeString, isBeyondPython, withHeader } from './scalars.ts';
import { Cbor, Json, MsgPack, Pickle } from './wrappers.ts';

const { types } = process.getBuiltinModule('node:util');

export interface EncodeOptions {
  /** Off: only bytes are accepted, and stored as they are. Default true. */
  readonly autoPack?: boolean;
  /** Off: the payload is stored without a header and reads back as bytes. Default true. */
  readonly headers?: boolean;
  /** Off: values that Python cannot read are refused. Default true. */
  readonly structured?: boolean;
}

const DEFAULTS: EncodeOptions = {};

/**
 * Encodes a value for storage. Bytes are not copied: the result may share the memory of bytes that were given. A value
 * that cannot be stored throws an `InvalidArgument` that says where in the value the problem is.
 */
export function encodeValue(value: unknown, options: EncodeOptions = DEFAULTS): Buffer {
  if (typeof options !== 'object' || options === null) throw noOptions('encodeValue', options);
  try {
    if (options.autoPack === false) return encodeBytesOnly(value);
    const headers = options.headers ?? true;
    switch (typeof value) {
      case 'number':
        return encodeNumber(value, headers);
      case 'string':
        if (!value.isWellFormed()) break;
        return encodeString(value, headers);
      case 'boolean':
        return encodeConstant(value, headers);
      case 'bigint':
        if (isBeyondPython(value) && options.structured !== false) break;
        return encodeBigInt(value, headers);
      case 'object':
        return encodeObject(value, headers, options.structured ?? true);
      case 'undefined':
        throw new EncodeError('undefined cannot be stored; give null, or delete the key');
    }
    return encodeStructure(value, headers, options.structured ?? true);
  } catch (error) {
    const refused = codecErrorOf(error);
    if (!refused) throw error;
    const cause = refused.cause === undefined ? {} : { cause: refused.cause };
    throw new InvalidArgument(`${refused.where}: ${refused.message}`, cause);
  }
}

function encodeBytesOnly(value: unknown): Buffer {
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return asBuffer(value as ArrayBufferView | ArrayBuffer);
  throw new InvalidArgument(
    `the value is ${describe(value)}; expected bytes, since auto-pack is off. Enable it, or encode the value yourself`,
  );
}

function encodeObject(value: object | null, headers: boolean, structured: boolean): Buffer {
  if (value === null) return encodeConstant(value, headers);
  if (ArrayBuffer.isView(value)) {
    if (isUint8Array(value)) return encodeBytes(asBuffer(value), headers);
    const vector = vectorOfArray(value);
    if (vector) return encodeVector(vector, headers);
  } else if (types.isArrayBuffer(value)) {
    return encodeBytes(asBuffer(value), headers);
  } else if (hasPlainPrototype(value)) {
    const tensor = 'dtype' in value ? vectorOfTensor(value) : undefined;
    if (tensor) return encodeVector(tensor, headers);
  } else {
    const forced = encodeForced(value, headers);
    if (forced) return forced;
  }
  return encodeStructure(value, headers, structured);
}

function hasPlainPrototype(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Array.prototype || isPlainPrototype(prototype);
}

/** Encodes bytes: bare, unless they begin like a header. */
function encodeBytes(bytes: Buffer, headers: boolean): Buffer {
  if (bytes[0] !== 0x89 || !beginsLikeHeader(bytes)) return bytes;
  return withHeader({ id: Encoding.raw, kind: Kind.unsaid, payload: bytes }, headers);
}

/**
 * Encodes a wrapper. The value is read once, and the kind is that of the integers written: getters may return others
 * later.
 */
function encodeForced(wrapper: object, headers: boolean): Buffer | undefined {
  const integers = new SeenIntegers();
  if (wrapper instanceof MsgPack) {
    return forced(Encoding.msgpack, new CountingWriter(integers).encode(wrapper.value));
  }
  if (wrapper instanceof Json) return forced(Encoding.json, encodeJson(wrapper.value, integers));
  if (wrapper instanceof Cbor) return forced(Encoding.cbor, new CborWriter(integers).encode(wrapper.value));
  if (wrapper instanceof Pickle) return forced(Encoding.pickle, encodePickle(wrapper.value, integers));
  return undefined;

  function forced(id: Encoding, payload: Buffer): Buffer {
    return withHeader({ id, kind: integers.kind, payload }, headers);
  }
}

class CountingWriter extends MessagePackWriter {
  readonly #integers: SeenIntegers;

  constructor(integers: SeenIntegers) {
    super();
    this.#integers = integers;
  }

  protected override writeNumber(value: number): void {
    this.#integers.addNumber(value);
    super.writeNumber(value);
  }

  protected override writeBigInt(value: bigint): void {
    this.#integers.bigints = true;
    super.writeBigInt(value);
  }
}

let idle: StructuredWriter | undefined;

function encodeStructure(value: unknown, headers: boolean, structured: boolean): Buffer {
  // A getter inside the value may encode another value, which then must not get the writer in use.
  const writer = idle ?? new StructuredWriter();
  idle = undefined;
  try {
    return writer.encodeStructure(value, headers, structured);
  } finally {
    idle = writer;
  }
}
