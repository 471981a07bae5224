/** A view whose memory was transferred. */
export function detached<V extends ArrayBufferView>(view: V): V {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

interface Resizable extends ArrayBuffer {
  resize(size: number): void;
}

/** Memory that can be resized, which TypeScript does not know of for the oldest Node. */
export function resizable(size: number): Resizable {
  const Buffer = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => Resizable;
  return new Buffer(size, { maxByteLength: Math.max(size, 1024) });
}

/** An array whose element `index` is given by a getter. */
export function withGetter<V>(array: V[], index: number, get: () => unknown): V[] {
  return Object.defineProperty(array, index, { get, enumerable: true, configurable: true });
}

/** Gives one value after the other, and then the last one again and again. */
export function inTurn<T>(...values: T[]): () => T {
  let turn = 0;
  return () => values[Math.min(turn++, values.length - 1)] as T;
}
