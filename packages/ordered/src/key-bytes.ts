import { InvalidArgument } from '@kohakuvault/core-native/internal';

const { types } = process.getBuiltinModule('node:util');

type Bytes = ArrayBufferView | ArrayBuffer;

/** Returns a built-in getter as a function: the user's class or object may have another getter of that name. */
function getter<T>(prototype: object, name: string): (of: Bytes) => T {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) as { get: () => T };
  return Function.prototype.call.bind(get) as (of: Bytes) => T;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const arrayMemory = getter<ArrayBuffer>(typedArray, 'buffer');
const arrayOffset = getter<number>(typedArray, 'byteOffset');
const arrayLength = getter<number>(typedArray, 'byteLength');
const viewMemory = getter<ArrayBuffer>(DataView.prototype, 'buffer');
const viewOffset = getter<number>(DataView.prototype, 'byteOffset');
const viewLength = getter<number>(DataView.prototype, 'byteLength');
const memoryLength = getter<number>(ArrayBuffer.prototype, 'byteLength');
const { keys } = Uint8Array.prototype;
const check = Function.prototype.call.bind(keys) as (of: Bytes) => unknown;

/** Whether an object is a view of any class, or an ArrayBuffer. */
export function isBytes(value: object): value is Bytes {
  return ArrayBuffer.isView(value) || types.isArrayBuffer(value);
}

/** Returns a view of the bytes, without a copy. The view has no properties of the user's. */
export function bytesIn(given: Bytes): Uint8Array {
  try {
    if (!types.isTypedArray(given)) {
      return ArrayBuffer.isView(given)
        ? new Uint8Array(viewMemory(given), viewOffset(given), viewLength(given))
        : new Uint8Array(given, 0, memoryLength(given));
    }
    const length = arrayLength(given);
    // An array that lost its memory has the length 0 like an empty array. This throws if it lost its memory.
    if (length === 0) check(given);
    return new Uint8Array(arrayMemory(given), arrayOffset(given), length);
  } catch {
    throw new InvalidArgument(
      'the memory of a key was taken away because its ArrayBuffer was transferred or shrunk; give a copy',
    );
  }
}

/** Returns the bytes for a look-up. A Uint8Array needs no view: the core reads it in place, without its properties. */
export function readableBytes(given: Bytes): Uint8Array {
  return types.isUint8Array(given) && arrayLength(given) > 0 ? given : bytesIn(given);
}
