import { describe } from '@kohakuvault/core-native/internal';
import { arrayLength, bytesOf } from '../../elements/memory.ts';
import { Refusal } from '../../errors/codec-errors.ts';
import { Encoding, HEADER_LENGTH, Kind, writeHeader } from '../../headers/header.ts';
import { checkPiece, MessagePackWriter } from '../msgpack/msgpack-writer.ts';
import { SeenObjects } from '../seen-objects.ts';
import { refuseUnstorable } from '../unstorable.ts';
import { ERROR_CLASSES, Extension, numberOfView } from './structured-types.ts';

const { types } = process.getBuiltinModule('node:util');

const sourceOf = getterOf('source');
const flagsOf = getterOf('flags');

/** JavaScript's own getter: the pattern's class may have another. */
function getterOf(name: 'source' | 'flags'): (this: RegExp) => string {
  return Object.getOwnPropertyDescriptor(RegExp.prototype, name)?.get as (this: RegExp) => string;
}

/** An extension's header whose length is filled in afterwards: `c9 | length u32 BE | type`. */
const OPEN_EXTENSION = 6;

/**
 * Writes a structure: as plain MessagePack while that loses nothing, and from the first thing it would lose on as the
 * structured encoding, which is MessagePack with extensions. The header then says which of the two it became.
 */
export class StructuredWriter extends MessagePackWriter {
  readonly #seen = new SeenObjects();
  #headers = true;
  #allowed = true;
  #structured = false;

  /** `structured: false` refuses what plain MessagePack would lose. */
  encodeStructure(value: unknown, headers: boolean, structured: boolean): Buffer {
    this.begin();
    this.#headers = headers;
    this.#allowed = structured;
    this.#structured = false;
    this.position = headers ? HEADER_LENGTH : 0;
    try {
      this.write(value);
      if (this.#headers) {
        if (this.#structured) writeHeader(this.bytes, Encoding.structured, Kind.unsaid);
        else writeHeader(this.bytes, Encoding.msgpack, Kind.numbers);
      }
      return this.finish();
    } finally {
      this.#seen.clear();
    }
  }

  protected override writeArray(array: readonly unknown[]): void {
    if (this.#isRepeated(array)) return;
    const length = arrayLength(array);
    // `includes` takes holes for undefined, and costs next to nothing where there are none.
    if (Array.prototype.includes.call(array, undefined) && hasHoles(array, length)) this.#writeSparseArray(array);
    else super.writeArray(array);
  }

  protected override writeEntries(object: Record<string, unknown>): void {
    if (!this.#isRepeated(object)) super.writeEntries(object);
  }

  protected override writeString(text: string): void {
    try {
      super.writeString(text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#extend('a string with half of a surrogate pair');
      this.#writePayload(Extension.utf16, Buffer.from(text, 'utf16le'));
    }
  }

  protected override writeNonFinite(value: number): void {
    // Python would read None, silently.
    this.#extend(String(value));
    this.writeFloat64(value);
  }

  /** Inside a structure integers are numbers, so that every bigint has to say that it is one. */
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
      if (!this.#isRepeated(value)) this.#writeInstance(value);
    } else {
      throw new Refusal(`${describe(value)} cannot be stored: give data, or leave it out`);
    }
  }

  #writeInstance(value: object): void {
    if (ArrayBuffer.isView(value)) this.#writeView(value);
    else if (types.isDate(value)) this.#writeDate(value);
    else if (types.isMap(value)) this.#writeMap(value);
    else if (types.isSet(value)) this.#writeSet(value);
    else if (types.isRegExp(value)) this.#writeRegExp(value);
    else if (types.isNativeError(value)) this.#writeError(value);
    else if (types.isArrayBuffer(value)) this.#writePayload(Extension.arrayBuffer, bytesOf(value));
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
    // A copy, because a getter inside might change it, and its size is written first.
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
    const number = ERROR_CLASSES.findIndex((Class) => Class.prototype.name === name);
    const start = this.#open(Extension.error);
    this.write(Math.max(number, 0));
    this.write(message === undefined ? undefined : textOf(message));
    this.write(typeof stack === 'string' ? stack : undefined);
    const hasCause = Object.hasOwn(error, 'cause');
    this.write(hasCause);
    if (hasCause) this.#writeAt('cause', cause);
    this.#close(start);
  }

  #writeBoxed(boxed: object): void {
    refuseUnstorable(boxed);
    const start = this.#open(Extension.boxed);
    this.write(primitiveOf(boxed));
    this.#close(start);
  }

  #writeView(view: ArrayBufferView): void {
    if (Buffer.isBuffer(view)) {
      this.#writeByteString(bytesOf(view));
      return;
    }
    const number = numberOfView(view);
    if (number === undefined)
      throw new Refusal(`${describe(view)} cannot be stored: give one of JavaScript's own views`);
    const bytes = bytesOf(view);
    this.writeExtension(Extension.view, 1 + bytes.length);
    this.bytes[this.position] = number;
    this.bytes.set(bytes, this.position + 1);
    this.position += 1 + bytes.length;
  }

  /** A Buffer is what MessagePack's own byte strings come back as. */
  #writeByteString(bytes: Buffer): void {
    checkPiece(bytes.length);
    this.reserve(5 + bytes.length);
    this.bytes[this.position] = 0xc6;
    this.view.setUint32(this.position + 1, bytes.length);
    this.bytes.set(bytes, this.position + 5);
    this.position += 5 + bytes.length;
  }

  #writeSparseArray(array: readonly unknown[]): void {
    this.#extend('an array with holes');
    // Properties with a name are left out, as they are of arrays without holes.
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

  /** Writes a reference to an object met before, so that it is one object again when read. */
  #isRepeated(object: object): boolean {
    const number = this.#seen.numberOf(object);
    if (number < 0) return false;
    this.#extend('an object that occurs more than once');
    this.writeExtension(Extension.reference, 4);
    this.#writeCount(number);
    return true;
  }

  /** Leaves plain MessagePack, because of a value or of what a text says. */
  #extend(reason: string | object): void {
    if (!this.#allowed) {
      throw new Refusal(
        `${typeof reason === 'string' ? reason : describe(reason)} has no form that Python reads, and structured values are switched off: ` +
          'give null, booleans, numbers, strings, arrays and plain objects, or switch them on',
      );
    }
    this.#structured = true;
  }

  #writeAt(step: string | number, value: unknown): void {
    try {
      this.write(value);
    } catch (error) {
      throw Refusal.within(error, step);
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

  /** Begins an extension whose payload is written by what follows; returns what `#close` needs. */
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
    checkPiece(length);
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

/** The stack, which Node puts together when it is read: of what the error says of itself, if that is a text. */
function stackOf(error: Error): unknown {
  try {
    return error.stack;
  } catch {
    return undefined;
  }
}

/** The text of what stands for an error's message. An object may have none, or make one of anything. */
function textOf(message: unknown): string {
  return typeof message === 'object' || typeof message === 'function' ? describe(message) : String(message);
}

function primitiveOf(boxed: object): unknown {
  if (types.isNumberObject(boxed)) return Number.prototype.valueOf.call(boxed);
  if (types.isStringObject(boxed)) return String.prototype.valueOf.call(boxed);
  if (types.isBooleanObject(boxed)) return Boolean.prototype.valueOf.call(boxed);
  return BigInt.prototype.valueOf.call(boxed);
}
