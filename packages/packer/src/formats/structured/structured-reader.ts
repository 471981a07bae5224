import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { alignedCopy } from '../../elements/memory.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeMessagePack, readBytes, readValue } from '../msgpack/msgpack-reader.ts';
import { textOf } from '../text-reader.ts';
import { Extension, errorOfNumber, viewOfNumber } from './structured-types.ts';

/** The objects of the value that is being read, in the order in which they begin. References are indexes into it. */
let references: unknown[] = [];

/** Decodes a value in the structured encoding of `StructuredWriter`. */
export function decodeStructured(payload: Buffer): unknown {
  references = [];
  try {
    return decodeMessagePack(payload, readExtension, { numbersOnly: true, references });
  } finally {
    references = [];
  }
}

function readExtension(type: number, length: number): unknown {
  switch (type) {
    case Extension.undefined:
      return undefined;
    case Extension.reference:
      return readReference();
    case Extension.bigint:
      return readBigInt(length);
    case Extension.utf16:
      return textOf(readBytes(length), 'utf16le');
    case Extension.date:
      return register(new Date(readBytes(8).readDoubleBE()));
    case Extension.regExp:
      return register(readRegExp());
    case Extension.map:
      return readMap(register(new Map()));
    case Extension.set:
      return readSet(register(new Set()));
    case Extension.error:
      return readError();
    case Extension.errorWithProperties:
      return readProperties(readError());
    case Extension.boxed:
      return register(Object(readPrimitive()));
    case Extension.arrayBuffer:
      return register(alignedCopy(readBytes(length)));
    case Extension.view:
      return register(readView(length));
    case Extension.sparseArray:
      return readSparseArray(register([]));
    default:
      throw new DecodeError(`extension type ${type} is unknown; a newer version may have written it`);
  }
}

/** Adds an object to the references. An object must be added before the objects in it are read. */
function register<T>(object: T): T {
  references.push(object);
  return object;
}

function readReference(): unknown {
  const number = readCount();
  if (number >= references.length)
    throw new DecodeError(`a reference to unknown object ${number}; ${references.length} precede it`);
  return references[number];
}

function readBigInt(length: number): bigint {
  const digits = readBytes(length);
  if (length < 2 || (digits[0] as number) > 1)
    throw new DecodeError(`a bigint of ${length} bytes has no sign or no digits`);
  try {
    const size = BigInt(`0x${digits.toString('hex', 1)}`);
    return digits[0] === 1 ? -size : size;
  } catch (cause) {
    throw new DecodeError(`a bigint of ${length} bytes is larger than this runtime supports`, { cause });
  }
}

function readRegExp(): RegExp {
  const source = readText('the source of a RegExp');
  const flags = readText('the flags of a RegExp');
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new DecodeError(`/${source}/${flags} is not a valid RegExp in this runtime`, { cause });
  }
}

function readMap(into: Map<unknown, unknown>): Map<unknown, unknown> {
  for (let left = readCount(); left > 0; left--) {
    const key = readValue();
    into.set(key, readValue());
  }
  return into;
}

function readSet(into: Set<unknown>): Set<unknown> {
  for (let left = readCount(); left > 0; left--) into.add(readValue());
  return into;
}

function readError(): Error {
  const number = readValue();
  const error = errorOfNumber(number);
  if (!error) throw new DecodeError(`the error class ${String(number)} is unknown`);
  // The cause may refer to the error, which therefore must exist before. The texts contain no objects.
  const message = readValue();
  const stack = readValue();
  register(error);
  if (message !== undefined) setProperty(error, 'message', message, false);
  setProperty(error, 'stack', stack, false);
  if (readValue() === true) setProperty(error, 'cause', readValue(), false);
  return error;
}

function readProperties(error: Error): Error {
  for (let left = readCount(); left > 0; left--) {
    const name = readText('the name of a property of an error');
    const enumerable = readValue() === true;
    setProperty(error, name, readValue(), enumerable);
  }
  return error;
}

function setProperty(error: Error, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable, configurable: true });
}

function readPrimitive(): unknown {
  const value = readValue();
  if (value === undefined || value === null || typeof value === 'object') {
    throw new DecodeError(`a boxed primitive contains a value of type ${typeof value}`);
  }
  return value;
}

function readView(length: number): ArrayBufferView {
  const payload = readBytes(length);
  const found = viewOfNumber(payload[0] ?? -1);
  if (!found) throw new DecodeError(`the view class ${payload[0]} is unknown`);
  const { name, view: View } = found;
  if (!View) {
    throw new KohakuVaultError(
      `the value contains a ${name}, which Node ${process.versions.node} does not have; read it with a newer Node`,
      { code: 'KV_RUNTIME_UNSUPPORTED' },
    );
  }
  const elements = payload.subarray(1);
  if (elements.length % (View.BYTES_PER_ELEMENT ?? 1)) {
    throw new DecodeError(`a ${name} has ${elements.length} bytes; expected a multiple of ${View.BYTES_PER_ELEMENT}`);
  }
  return new View(alignedCopy(elements));
}

function readSparseArray(into: unknown[]): unknown[] {
  const length = readCount();
  // V8 keeps the elements of an array that was once this long in a table, so a length alone takes no memory.
  into[0xffff_fffe] = undefined;
  into.length = length;
  if (length === 0xffff_ffff) delete into[0xffff_fffe];
  for (let left = readCount(); left > 0; left--) {
    const index = readCount();
    if (index >= length) throw new DecodeError(`an array of ${length} elements has an element ${index}`);
    into[index] = readValue();
  }
  return into;
}

function readText(what: string): string {
  const text = readValue();
  if (typeof text !== 'string') throw new DecodeError(`${what} is of type ${typeof text}; expected a string`);
  return text;
}

function readCount(): number {
  return readBytes(4).readUInt32BE();
}
