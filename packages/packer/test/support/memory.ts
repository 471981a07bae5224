/** Transfers the memory of a view and returns the view. */
export function detached<V extends ArrayBufferView>(view: V): V {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

interface Resizable extends ArrayBuffer {
  resize(size: number): void;
}

/** Creates memory that can be resized. The types of the oldest Node do not have it. */
export function resizable(size: number): Resizable {
  const Buffer = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => Resizable;
  return new Buffer(size, { maxByteLength: Math.max(size, 1024) });
}

/** Replaces the element `index` of an array by a getter. */
export function withGetter<V>(array: V[], index: number, get: () => unknown): V[] {
  return Object.defineProperty(array, index, { get, enumerable: true, configurable: true });
}

/** Returns a function that returns one value after another, and then always the last. */
export function inTurn<T>(...values: T[]): () => T {
  let turn = 0;
  return () => values[Math.min(turn++, values.length - 1)] as T;
}
