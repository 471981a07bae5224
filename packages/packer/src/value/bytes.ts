import { refuseDetached } from '@kohakuvault/core-native';

/** The memory of bytes given in any of their forms, shared and not copied. */
export function bytesOf(value: ArrayBuffer | ArrayBufferView): Buffer {
  refuseDetached('the value', value);
  // Most bytes come as a Buffer, and another one of the same memory is not cheap.
  if (Object.getPrototypeOf(value) === Buffer.prototype) return value as Buffer;
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.from(value);
}

/** The same, for memory that may begin anywhere, copied to where every element type is aligned. */
export function alignedCopy(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** JavaScript's own name for a view's class, also where the view is of a class that extends it or of another realm. */
export function classOfView(view: ArrayBufferView): string {
  return (view as ArrayBufferView & { readonly [Symbol.toStringTag]: string })[Symbol.toStringTag];
}
