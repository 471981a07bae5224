import { describe } from '@kohakuvault/core-native/internal';
import { arrayLength, asBuffer } from '../../elements/memory.ts';
import { EncodeError } from '../../errors/encode-error.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from '../../headers/header.ts';
import { checkPayload, MessagePackWriter } from '../msgpack/msgpack-writer.ts';
import { SeenObjects } from '../seen-objects.ts';
import { refuseUnstorable } from '../unstorable.ts';
import { Extension, HIDDEN_PROPERTIES, numberOfError, numberOfView } from './structured-types.ts';

const { types } = process.getBuiltinModule('node:util');

const sourceOf = getterOf('source');
const flagsOf = getterOf('flags');

/** Returns the built-in getter. The class of a pattern may have another one. */
function getterOf(name: 'source' | 'flags'): (this: RegExp) => string {
  return Object.getOwnPropertyDescriptor(RegExp.prototype, name)?.get as (this: RegExp) => string;
}

/** The size of an extension header whose length is filled in afterwards: `c9 | length u32 BE | type`. */
const OPEN_EXTENSION = 6;

/**
 * Writes a structure: as plain MessagePack, or in the structured encoding (MessagePack with extensions) from the first
 * value on that plain MessagePack would lose. The header says which of the two was used.
 */
export class StructuredWriter extends MessagePackWriter {
  readonly #seen = new SeenObjects();
  #headers = true;
  #allowed = true;
  #structured = false;

  /** Encodes a value. `structured: false` refuses values that plain MessagePack would lose. */
  encodeStructure(value: unknown, headers: boolean, structured: boolean): Buffer {
    this.begin();
    this.#headers = headers;
    this.#allowed = structured;
    this.#structured = false;
    if (headers) this.position += HEADER_LENGTH;
    try {
      this.write(value);
      if (this.#headers) {
        if (this.#structured) writeHeader(this.bytes, Encoding.structured, Kind.unsaid, this.start);
        else writeHeader(this.bytes, Encoding.msgpack, Kind.numbers, this.start);
      }
      return this.finish();
    } catch (error) {
      throw this.lost(error);
    } finally {
      this.#seen.clear();
    }
  }

  protected override writeArray(array: readonly unknown[]): void {
    if (this.#wroteReference(array)) return;
    const length = arrayLength(array);
    // `includes` treats holes as undefined, and costs almost nothing if there are none.
    if (Array.prototype.includes.call(array, undefined) && hasHoles(array, length)) this.#writeSparseArray(array);
    else super.writeArray(array);
  }

  protected override writeEntries(object: Record<string, unknown>): void {
    if (!this.#wroteReference(object)) super.writeEntries(object);
  }

  protected override writeString(text: string): void {
    try {
      super.writeString(text);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.#extend('a string with half of a surrogate pair');
      this.#writePayload(Extension.utf16, Buffer.from(text, 'utf16le'));
    }
  }

  protected override writeNonFinite(value: number): void {
    // Python would silently read None.
    this.#extend(String(value));
    this.writeFloat64(value);
  }

  /** Writes a bigint as an extension: all plain integers in a structure are numbers. */
  protected override writeBigInt(value: bigint): void {
    this.#extend('a bigint inside a structure');
    const digits = (value < 0n ? -value : value).toString(16);
    const sign = value < 0n ? '01' : '00';
    this.#writePayload(Extension.bigint, Buffer.from(sign + (digits.length % 2 ? '0' : '') + digits, 'hex'));
  }

  protected override writeOther(value: unknown): void {
    if (value === undefined) {
      this.#extend('undefined');
      this.writeExtension(Extension.undefined, 0);
    } else if (typeof value === 'object' && value !== null) {
      if (!this.#allowed) refuseUnstorable(value);
      this.#extend(value);
      if (!this.#wroteReference(value)) this.#writeInstance(value);
    } else {
      throw new EncodeError(`${describe(value)} cannot be stored; give data, or leave it out`);
    }
  }

  #writeInstance(value: object): void {
    if (ArrayBuffer.isView(value)) this.#writeView(value);
    else if (types.isDate(value)) this.#writeDate(value);
    else if (types.isMap(value)) this.#writeMap(value);
    else if (types.isSet(value)) this.#writeSet(value);
    else if (types.isRegExp(value)) this.#writeRegExp(value);
    else if (types.isNativeError(value)) this.#writeError(value);
    else if (types.isArrayBuffer(value)) this.#writePayload(Extension.arrayBuffer, asBuffer(value));
    else if (types.isBoxedPrimitive(value)) this.#writeBoxed(value);
    else {
      refuseUnstorable(value);
      super.writeEntries(value as Record<string, unknown>);
    }
  }

  #writeDate(date: Date): void {
    this.writeExtension(Extension.date, 8);
    this.view.setFloat64(this.position, Date.prototype.getTime.call(date));
    this.position += 8;
  }

  #writeRegExp(pattern: RegExp): void {
    const start = this.#open(Extension.regExp);
    this.writeString(sourceOf.call(pattern));
    this.writeString(flagsOf.call(pattern));
    this.#close(start);
  }

  #writeMap(map: Map<unknown, unknown>): void {
    // A copy, because a getter inside may change the map after its size is written.
    const entries = [...Map.prototype.entries.call(map)] as [unknown, unknown][];
    const start = this.#open(Extension.map);
    this.#writeCount(entries.length);
    for (const [index, [key, value]] of entries.entries()) {
      this.#writeAt(index, key);
      this.#writeAt(typeof key === 'string' || typeof key === 'number' ? key : index, value);
    }
    this.#close(start);
  }

  #writeSet(set: Set<unknown>): void {
    const members = [...Set.prototype.values.call(set)];
    const start = this.#open(Extension.set);
    this.#writeCount(members.length);
    for (const [index, member] of members.entries()) this.#writeAt(index, member);
    this.#close(start);
  }

  #writeError(error: Error): void {
    const { name, cause } = error;
    const stack = stackOf(error);
    const message = Object.getOwnPropertyDescriptor(error, 'message')?.value;
    const properties = propertiesOf(error);
    // Errors without properties of their own keep the extension that every version reads.
    const start = this.#open(properties.length ? Extension.errorWithProperties : Extension.error);
    this.write(numberOfError(name));
    this.write(message === undefined ? undefined : messageText(message));
    this.write(typeof stack === 'string' ? stack : undefined);
    const hasCause = Object.hasOwn(error, 'cause');
    this.write(hasCause);
    if (hasCause) this.#writeAt('cause', cause);
    if (properties.length) this.#writeProperties(error, properties);
    this.#close(start);
  }

  #writeProperties(error: Error, names: readonly string[]): void {
    this.#writeCount(names.length);
    for (const name of names) {
      this.writeString(name);
      this.write(!HIDDEN_PROPERTIES.includes(name) || Object.prototype.propertyIsEnumerable.call(error, name));
      this.#writeAt(name, (error as unknown as Record<string, unknown>)[name]);
    }
  }

  #writeBoxed(boxed: object): void {
    refuseUnstorable(boxed);
    const start = this.#open(Extension.boxed);
    this.write(primitiveOf(boxed));
    this.#close(start);
  }

  #writeView(view: ArrayBufferView): void {
    if (Buffer.isBuffer(view)) {
      this.#writeByteString(asBuffer(view));
      return;
    }
    const number = numberOfView(view);
    if (number === undefined)
      throw new EncodeError(`${describe(view)} cannot be stored; give a view of a built-in class`);
    const bytes = asBuffer(view);
    this.writeExtension(Extension.view, 1 + bytes.length);
    this.bytes[this.position] = number;
    this.bytes.set(bytes, this.position + 1);
    this.position += 1 + bytes.length;
  }

  /** Writes a Buffer as a byte string of plain MessagePack, which comes back as a Buffer. */
  #writeByteString(bytes: Buffer): void {
    checkPayload(bytes.length);
    this.reserve(5 + bytes.length);
    this.bytes[this.position] = 0xc6;
    this.view.setUint32(this.position + 1, bytes.length);
    this.bytes.set(bytes, this.position + 5);
    this.position += 5 + bytes.length;
  }

  #writeSparseArray(array: readonly unknown[]): void {
    this.#extend('an array with holes');
    // Named properties are left out, as for arrays without holes.
    const length = arrayLength(array);
    const indexes = Object.keys(array)
      .filter(isIndex)
      .map(Number)
      .filter((index) => index < length);
    const start = this.#open(Extension.sparseArray);
    this.#writeCount(length);
    this.#writeCount(indexes.length);
    for (const index of indexes) {
      this.#writeCount(index);
      this.#writeAt(index, array[index]);
    }
    this.#close(start);
  }

  /** Writes a reference if an object was written before, so that it is one object again when it is read. */
  #wroteReference(object: object): boolean {
    const number = this.#seen.numberOf(object);
    if (number < 0) return false;
    this.#extend('an object that occurs more than once');
    this.writeExtension(Extension.reference, 4);
    this.#writeCount(number);
    return true;
  }

  /** Changes to the structured encoding because of a value, or of what a text describes. */
  #extend(reason: string | object): void {
    if (!this.#allowed) {
      const what = typeof reason === 'string' ? reason : describe(reason);
      throw new EncodeError(
        `${what} cannot be read by Python, and structured values are off; ` +
          'give null, booleans, numbers, strings, arrays and plain objects, or set structured: true',
      );
    }
    this.#structured = true;
  }

  #writeAt(step: string | number, value: unknown): void {
    try {
      this.write(value);
    } catch (error) {
      throw EncodeError.within(error, step);
    }
  }

  #writePayload(type: number, payload: Uint8Array): void {
    this.writeExtension(type, payload.length);
    this.bytes.set(payload, this.position);
    this.position += payload.length;
  }

  #writeCount(count: number): void {
    this.reserve(4);
    this.view.setUint32(this.position, count);
    this.position += 4;
  }

  /** Begins an extension whose payload is written next. Returns its start for `#close`. */
  #open(type: number): number {
    this.reserve(OPEN_EXTENSION);
    const start = this.position;
    this.bytes[start] = 0xc9;
    this.bytes[start + 5] = type;
    this.position = start + OPEN_EXTENSION;
    return start;
  }

  #close(start: number): void {
    const length = this.position - start - OPEN_EXTENSION;
    checkPayload(length);
    this.view.setUint32(start + 1, length);
  }
}

function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return String(index) === key && index !== 0xffff_ffff;
}

function hasHoles(array: readonly unknown[], length: number): boolean {
  for (let index = 0; index < length; index++) if (!Object.hasOwn(array, index)) return true;
  return false;
}

/** Reads the stack. Node composes it on access and may run code of the error's class, which may throw. */
function stackOf(error: Error): unknown {
  try {
    return error.stack;
  } catch {
    return undefined;
  }
}

/** Returns the names of the properties that an error has beside those of every error. */
function propertiesOf(error: Error): string[] {
  const names = Object.keys(error).filter((name) => name !== 'message' && name !== 'stack' && name !== 'cause');
  for (const name of HIDDEN_PROPERTIES) {
    if (Object.hasOwn(error, name) && !names.includes(name)) names.push(name);
  }
  return names;
}

/** Returns an error's message as text. For an object, `String` could run its code or throw. */
function messageText(message: unknown): string {
  return typeof message === 'object' || typeof message === 'function' ? describe(message) : String(message);
}

function primitiveOf(boxed: object): unknown {
  if (types.isNumberObject(boxed)) return Number.prototype.valueOf.call(boxed);
  if (types.isStringObject(boxed)) return String.prototype.valueOf.call(boxed);
  if (types.isBooleanObject(boxed)) return Boolean.prototype.valueOf.call(boxed);
  return BigInt.prototype.valueOf.call(boxed);
}
