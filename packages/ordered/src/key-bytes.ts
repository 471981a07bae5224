import { InvalidArgument } from '@kohakuvault/core-native/internal';

const { types } = process.getBuiltinModule('node:util');

type Bytes = ArrayBufferView | ArrayBuffer;

/** A getter of the language's own as a function: a class or an object of the user's may have another of that name. */
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

/** Whether it is a view of any kind, or an ArrayBuffer. */
export function isBytes(value: object): value is Bytes {
  return ArrayBuffer.isView(value) || types.isArrayBuffer(value);
}

/** The bytes in place, whatever they are given as, in an array that has no properties of the user's. */
export function bytesIn(given: Bytes): Uint8Array {
  try {
    if (!types.isTypedArray(given)) {
      return ArrayBuffer.isView(given)
        ? new Uint8Array(viewMemory(given), viewOffset(given), viewLength(given))
        : new Uint8Array(given, 0, memoryLength(given));
    }
    const length = arrayLength(given);
    // An array that lost its memory says 0, as an empty array does; this throws for the former.
    if (length === 0) check(given);
    return new Uint8Array(arrayMemory(given), arrayOffset(given), length);
  } catch {
    throw new InvalidArgument(
      'a key is bytes whose memory is gone, since its ArrayBuffer was transferred or shrunk; expected bytes that are there',
    );
  }
}

/** The same for a look-up. The core reads a Uint8Array in place and asks no property of it, so it need not be wrapped. */
export function readableBytes(given: Bytes): Uint8Array {
  return types.isUint8Array(given) && arrayLength(given) > 0 ? given : bytesIn(given);
}
