import { describe, isErrorNamed } from '@kohakuvault/core-native/internal';
import { EncodeError } from '../errors/encode-error.ts';
import type { ElementInfo, TypedArray } from './element-types.ts';

const { types } = process.getBuiltinModule('node:util');

type Memory = ArrayBufferView | ArrayBufferLike;

// JavaScript's own accessors. A view's own properties, and those of a subclass, may return anything and may run code
// that takes the memory away.
const VIEW = Object.getPrototypeOf(Uint8Array.prototype) as object;
const tagOf = accessor(VIEW, Symbol.toStringTag) as (this: unknown) => string | undefined;
const elementsOf = accessor(VIEW, 'length') as (this: unknown) => number;
const arrayBytes = accessor(VIEW, 'byteLength') as (this: unknown) => number;
const arrayStart = accessor(VIEW, 'byteOffset') as (this: unknown) => number;
const arrayBuffer = accessor(VIEW, 'buffer') as (this: unknown) => ArrayBufferLike;
const dataViewBytes = accessor(DataView.prototype, 'byteLength') as (this: unknown) => number;
const dataViewStart = accessor(DataView.prototype, 'byteOffset') as (this: unknown) => number;
const dataViewBuffer = accessor(DataView.prototype, 'buffer') as (this: unknown) => ArrayBufferLike;
const bufferBytes = accessor(ArrayBuffer.prototype, 'byteLength') as (this: unknown) => number;
const sharedBytes = accessor(SharedArrayBuffer.prototype, 'byteLength') as (this: unknown) => number;
const { at: elementAt, set: setBytes } = Uint8Array.prototype;

function accessor(prototype: object, name: string | symbol): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get;
}

/** Returns the name of the built-in class of a view, also for views of a subclass or of another realm. */
export function classOfView(view: ArrayBufferView): string {
  return tagOf.call(view) ?? 'DataView';
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return tagOf.call(value) === 'Uint8Array';
}

/** Returns the length of a Uint8Array; -1 if its memory was taken away, and for everything else. */
export function byteCount(value: unknown): number {
  if (tagOf.call(value) !== 'Uint8Array') return -1;
  const count = elementsOf.call(value);
  return count > 0 || hasMemory(value as Uint8Array) ? count : -1;
}

export function isMemory(value: unknown): value is Memory {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/** Returns the length of a typed array. Throws if its memory was taken away, since it is not an empty array. */
export function elementCount(array: ArrayBufferView): number {
  if (isLost(array)) throw lost(array);
  return elementsOf.call(array);
}

/** Whether a typed array looks empty because its memory was transferred or cut off by a resize. */
export function isLost(array: ArrayBufferView): boolean {
  return elementsOf.call(array) === 0 && !hasMemory(array);
}

function hasMemory(array: ArrayBufferView): boolean {
  try {
    // `at` checks that there is memory before it looks at the index.
    elementAt.call(array as Uint8Array, 0);
    return true;
  } catch {
    return false;
  }
}

const { getPrototypeOf } = Object;
const BUFFER: unknown = Buffer.prototype;

/**
 * Whether bytes are an ordinary Buffer, which needs no view of its own: views cost time. Compares what the object says
 * of its length and offset with what JavaScript says.
 */
export function isPlainBuffer(value: unknown): value is Buffer {
  if (tagOf.call(value) !== 'Uint8Array' || getPrototypeOf(value) !== BUFFER) return false;
  // The object's own properties first: a getter among them may take the memory away. V8 then knows the class of the
  // object, which makes the accessors cheap.
  const { length, byteOffset } = value as Buffer;
  return length !== 0 && elementsOf.call(value) === length && arrayStart.call(value) === byteOffset;
}

/**
 * Explains an error that occurred while bytes were read, if the Buffer has own properties that hide those of its class,
 * such as `buffer` or `subarray`. Looking for them before each read would cost more than the read.
 */
export function disguised(error: unknown, bytes: Buffer): EncodeError | undefined {
  if (!isErrorNamed(error, 'TypeError', 'RangeError')) return undefined;
  const own = OF_BUFFERS.find((name) => Object.hasOwn(bytes, name));
  if (own === undefined) return undefined;
  return new EncodeError(
    `the bytes are a Buffer with an own property ${String(own)}, which hides that of its class; give a copy`,
  );
}

const OF_BUFFERS = [...Reflect.ownKeys(Buffer.prototype), ...Reflect.ownKeys(VIEW)];

/**
 * Returns a Buffer over the bytes of any memory, without a copy. Its size does not change. Throws if the memory was
 * taken away (transferred, or cut off by a resize).
 */
export function asBuffer(memory: Memory): Buffer {
  return isPlainBuffer(memory) ? memory : ownView(memory);
}

function ownView(memory: Memory): Buffer {
  try {
    if (!ArrayBuffer.isView(memory)) {
      return Buffer.from(memory, 0, (types.isSharedArrayBuffer(memory) ? sharedBytes : bufferBytes).call(memory));
    }
    if (tagOf.call(memory) === undefined) {
      return Buffer.from(dataViewBuffer.call(memory), dataViewStart.call(memory), dataViewBytes.call(memory));
    }
    elementCount(memory);
    return Buffer.from(arrayBuffer.call(memory), arrayStart.call(memory), arrayBytes.call(memory));
  } catch (error) {
    if (error instanceof EncodeError) throw error;
    throw lost(memory);
  }
}

function lost(memory: Memory): EncodeError {
  return new EncodeError(
    `the memory of ${describe(memory)} was taken away (transferred, detached or cut off by a resize); ` +
      'give a copy, or pack and unpack before the transfer',
  );
}

/** Copies bytes between arrays of any class. The caller has checked that there is room. */
export function copyInto(target: Uint8Array, bytes: Uint8Array, offset: number): void {
  try {
    setBytes.call(target, bytes, offset);
  } catch {
    throw new EncodeError('another thread enlarged the memory while it was copied; give a copy');
  }
}

/** Returns a view of a part of a typed array. The array's own `subarray` could return an object of any class. */
export function partOf(array: ArrayBufferView, element: ElementInfo, start: number, count: number): TypedArray {
  const buffer = arrayBuffer.call(array) as ArrayBuffer;
  return new element.array(buffer, arrayStart.call(array) + start * element.size, count);
}

/** Whether another thread may change the memory while it is read. The core must not read such memory. */
export function isShared(array: ArrayBufferView): boolean {
  return types.isSharedArrayBuffer(arrayBuffer.call(array));
}

/** Copies bytes that another thread may change; returns others as they are. */
export function unshared(bytes: Buffer): Buffer {
  return isShared(bytes) ? Buffer.from(bytes) : bytes;
}

/** Copies bytes, which may begin anywhere, to an address that is aligned for every element type. */
export function alignedCopy(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** Allocates memory that the caller fills completely. It is not zeroed, which would cost as much as filling it. */
export function unfilled(size: number): Buffer {
  return allocated(size, Buffer.allocUnsafeSlow);
}

/** Allocates memory as `unfilled` does. Small pieces share an ArrayBuffer, which costs less. */
export function pooled(size: number): Buffer {
  return allocated(size, Buffer.allocUnsafe);
}

export function zeroed(size: number): Buffer {
  return allocated(size, Buffer.alloc);
}

function allocated(size: number, allocate: (size: number) => Buffer): Buffer {
  try {
    return allocate(size);
  } catch {
    throw new EncodeError(
      `this takes ${size} bytes in one piece, more than this process can allocate; pack fewer values at a time`,
    );
  }
}

/** Returns a copy in twice as much memory, up to `most` bytes. */
export function grown(bytes: Buffer, most: number): Buffer {
  const larger = zeroed(Math.min(most, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/** Reads the length of a list once. */
export function lengthOf(list: ArrayLike<unknown>): number {
  return ArrayBuffer.isView(list) ? elementCount(list) : arrayLength(list);
}

/** Reads the length of an array, or of a Proxy of one, which may return anything. */
export function arrayLength(array: ArrayLike<unknown>): number {
  const { length } = array;
  if (typeof length !== 'number' || length >>> 0 !== length)
    throw new EncodeError(`the length of an array is ${describe(length)}; expected a whole number below 2^32`);
  return length;
}
