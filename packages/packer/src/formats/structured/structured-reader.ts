import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { alignedCopy } from '../../elements/memory.ts';
import { Malformed } from '../../errors/codec-errors.ts';
import { decodeMessagePack, readBytes, readValue } from '../msgpack/msgpack-reader.ts';
import { textOf } from '../text-reader.ts';
import { ERROR_CLASSES, Extension, viewOfNumber } from './structured-types.ts';

/** The objects of the value that is being read, in the order they begin: what references count. */
let references: unknown[] = [];

/** Reads what `StructuredWriter` wrote under the id of the structured encoding. */
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
      return known(new Date(readBytes(8).readDoubleBE()));
    case Extension.regExp:
      return known(readRegExp());
    case Extension.map:
      return readMap(known(new Map()));
    case Extension.set:
      return readSet(known(new Set()));
    case Extension.error:
      return readError();
    case Extension.boxed:
      return known(Object(readPrimitive()));
    case Extension.arrayBuffer:
      return known(alignedCopy(readBytes(length)));
    case Extension.view:
      return known(readView(length));
    case Extension.sparseArray:
      return readSparseArray(known([]));
    default:
      throw new Malformed(`extension type ${type} is unknown: a newer version may have written it`);
  }
}

/** Gives an object its number. An object that holds others must get it before they are read. */
function known<T>(object: T): T {
  references.push(object);
  return object;
}

function readReference(): unknown {
  const number = readCount();
  if (number >= references.length)
    throw new Malformed(`a reference to object ${number}, of ${references.length} so far`);
  return references[number];
}

function readBigInt(length: number): bigint {
  const digits = readBytes(length);
  if (length < 2 || (digits[0] as number) > 1)
    throw new Malformed(`a bigint of ${length} bytes without sign or digits`);
  try {
    const size = BigInt(`0x${digits.toString('hex', 1)}`);
    return digits[0] === 1 ? -size : size;
  } catch (cause) {
    throw new Malformed(`a bigint of ${length} bytes is longer than this runtime can hold`, { cause });
  }
}

function readRegExp(): RegExp {
  const source = readText('the source of a RegExp');
  const flags = readText('the flags of a RegExp');
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new Malformed(`/${source}/${flags} is no RegExp of this runtime`, { cause });
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
  const Class = typeof number === 'number' ? ERROR_CLASSES[number] : undefined;
  if (!Class) throw new Malformed(`an error of the class ${String(number)}, which is none`);
  // The cause may refer to the error, which therefore exists first; the texts hold no objects.
  const message = readValue();
  const stack = readValue();
  const error = known(new Class());
  if (message !== undefined) setHidden(error, 'message', message);
  setHidden(error, 'stack', stack);
  if (readValue() === true) setHidden(error, 'cause', readValue());
  return error;
}

function setHidden(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

function readPrimitive(): unknown {
  const value = readValue();
  if (value === undefined || value === null || typeof value === 'object') {
    throw new Malformed(`a boxed primitive holds ${typeof value}`);
  }
  return value;
}

function readView(length: number): ArrayBufferView {
  const payload = readBytes(length);
  const found = viewOfNumber(payload[0] ?? -1);
  if (!found) throw new Malformed(`a view of class ${payload[0]}, which is none`);
  const { name, view: View } = found;
  if (!View) {
    throw new KohakuVaultError(
      `the value holds a ${name}, which Node ${process.versions.node} does not have: read it with a newer Node`,
      { code: 'KV_RUNTIME_UNSUPPORTED' },
    );
  }
  const elements = payload.subarray(1);
  if (elements.length % (View.BYTES_PER_ELEMENT ?? 1)) {
    throw new Malformed(`a ${name} of ${elements.length} bytes, which is no whole number of elements`);
  }
  return new View(alignedCopy(elements));
}

function readSparseArray(into: unknown[]): unknown[] {
  const length = readCount();
  // An array that was once this long keeps its elements in a table, so that a length alone takes no memory.
  into[0xffff_fffe] = undefined;
  into.length = length;
  if (length === 0xffff_ffff) delete into[0xffff_fffe];
  for (let left = readCount(); left > 0; left--) {
    const index = readCount();
    if (index >= length) throw new Malformed(`element ${index} of an array of ${length}`);
    into[index] = readValue();
  }
  return into;
}

function readText(what: string): string {
  const text = readValue();
  if (typeof text !== 'string') throw new Malformed(`${what} is ${typeof text}`);
  return text;
}

function readCount(): number {
  return readBytes(4).readUInt32BE();
}
