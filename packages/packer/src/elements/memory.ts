import { describe } from '@kohakuvault/core-native/internal';
import { Refusal } from '../errors/codec-errors.ts';
import type { ElementInfo, TypedArray } from './element-types.ts';

const { types } = process.getBuiltinModule('node:util');

type Memory = ArrayBufferView | ArrayBufferLike;

// JavaScript's own accessors. A view's own properties, and those of a class that extends it, may tell something else, or
// run code that takes the memory away.
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

/** JavaScript's own name for a view's class, also where the view is of a class that extends it or of another realm. */
export function classOfView(view: ArrayBufferView): string {
  return tagOf.call(view) ?? 'DataView';
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return tagOf.call(value) === 'Uint8Array';
}

/** How long a Uint8Array is; -1 for one whose memory was taken away, and for everything else. */
export function byteCount(value: unknown): number {
  if (tagOf.call(value) !== 'Uint8Array') return -1;
  const count = elementsOf.call(value);
  return count > 0 || hasMemory(value as Uint8Array) ? count : -1;
}

export function isMemory(value: unknown): value is Memory {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/** How many elements a typed array has. An array whose memory was taken away is refused: it is no empty array. */
export function elementCount(array: ArrayBufferView): number {
  if (isLost(array)) throw lost(array);
  return elementsOf.call(array);
}

/** Whether a typed array's memory was taken away (transferred, or cut off by a resize), which makes it look empty. */
export function isLost(array: ArrayBufferView): boolean {
  return elementsOf.call(array) === 0 && !hasMemory(array);
}

function hasMemory(array: ArrayBufferView): boolean {
  try {
    // Whichever element it is asked for, it looks first whether there is memory.
    elementAt.call(array as Uint8Array, 0);
    return true;
  } catch {
    return false;
  }
}

const { getPrototypeOf } = Object;
const BUFFER: unknown = Buffer.prototype;

/**
 * Whether bytes come as most do: as a Buffer, with all of its memory. Another one of the same memory would not be cheap.
 * What JavaScript says of its class and length is compared with what it says itself.
 */
export function isPlainBuffer(value: unknown): value is Buffer {
  if (tagOf.call(value) !== 'Uint8Array' || getPrototypeOf(value) !== BUFFER) return false;
  const length = elementsOf.call(value);
  if (length === 0 || length !== (value as Buffer).length) return false;
  return arrayStart.call(value) === (value as Buffer).byteOffset;
}

/**
 * What to say of an error that was met while bytes were read: in a Buffer whose own properties stand before those of its
 * class, such as `buffer` or `subarray`, anything can be met. To look for them each time would cost more than to read.
 */
export function disguised(error: unknown, bytes: Buffer): Refusal | undefined {
  if (!(error instanceof TypeError || error instanceof RangeError)) return undefined;
  const own = OF_BUFFERS.find((name) => Object.hasOwn(bytes, name));
  if (own === undefined) return undefined;
  return new Refusal(
    `the bytes are a Buffer with a property ${String(own)} of its own, which hides what they are: give a copy`,
  );
}

const OF_BUFFERS = [...Reflect.ownKeys(Buffer.prototype), ...Reflect.ownKeys(VIEW)];

/**
 * The bytes of any memory in place, as a Buffer of a size that does not change. Memory that was taken away (transferred,
 * or cut off by a resize) is refused.
 */
export function bytesOf(memory: Memory): Buffer {
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
    if (error instanceof Refusal) throw error;
    throw lost(memory);
  }
}

function lost(memory: Memory): Refusal {
  return new Refusal(
    `the memory of ${describe(memory)} was taken away (transferred to another thread, detached or cut off by a resize): ` +
      'give a copy, or pack and unpack before it is transferred',
  );
}

/** Copies bytes, whatever the classes of both arrays. There must be room for as many as there were. */
export function copyInto(target: Uint8Array, bytes: Uint8Array, offset: number): void {
  try {
    setBytes.call(target, bytes, offset);
  } catch {
    throw new Refusal('memory was made larger by another thread while it was copied: give a copy');
  }
}

/** Part of a typed array, in place: its own `subarray` would make an array of any class. */
export function partOf(array: ArrayBufferView, element: ElementInfo, start: number, count: number): TypedArray {
  const buffer = arrayBuffer.call(array) as ArrayBuffer;
  return new element.array(buffer, arrayStart.call(array) + start * element.size, count);
}

/** Whether another thread may change the memory while it is read, which the core must not see. */
export function isShared(array: ArrayBufferView): boolean {
  return types.isSharedArrayBuffer(arrayBuffer.call(array));
}

/** A copy of bytes that another thread may change meanwhile; others in place. */
export function unshared(bytes: Buffer): Buffer {
  return isShared(bytes) ? Buffer.from(bytes) : bytes;
}

/** A copy of memory that may begin anywhere, copied to where every element type is aligned. */
export function alignedCopy(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** Memory that is about to be filled as a whole: not zeroed first, which would cost as much as filling it. */
export function unfilled(size: number): Buffer {
  return allocated(size, Buffer.allocUnsafeSlow);
}

/** The same; a small piece may share its ArrayBuffer with others, which costs less. */
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
    throw new Refusal(
      `that takes ${size} bytes in one piece, more than this process can get: pack fewer values at a time`,
    );
  }
}

/** Twice as much memory, up to `most`, with the same beginning. */
export function grown(bytes: Buffer, most: number): Buffer {
  const larger = zeroed(Math.min(most, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/** How many elements a list has, asked once. */
export function lengthOf(list: ArrayLike<unknown>): number {
  return ArrayBuffer.isView(list) ? elementCount(list) : arrayLength(list);
}

/** The same of an array, or a Proxy of one, which may say anything. */
export function arrayLength(array: ArrayLike<unknown>): number {
  const { length } = array;
  if (typeof length !== 'number' || length >>> 0 !== length)
    throw new Refusal(`an array says that its length is ${describe(length)}`);
  return length;
}
