import type { Tensor, TypedArray } from '@kohakuvault/packer';

/** Returns the name of the class of a typed array or of memory; undefined for everything else. */
export function viewName(value: object): string | undefined {
  if (value instanceof ArrayBuffer) return 'ArrayBuffer';
  if (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer) return 'SharedArrayBuffer';
  if (Buffer.isBuffer(value)) return 'Buffer';
  return ArrayBuffer.isView(value) ? (Object.prototype.toString.call(value).slice(8, -1) as string) : undefined;
}

/** Views whose elements are shown as bytes. */
const BYTES: readonly string[] = [
  'Buffer',
  'Uint8Array',
  'Uint8ClampedArray',
  'DataView',
  'ArrayBuffer',
  'SharedArrayBuffer',
];

export function isBytesName(name: string): boolean {
  return BYTES.includes(name);
}

/** Returns the bytes of memory or of a view, without copying them. */
export function bytesOf(value: ArrayBuffer | SharedArrayBuffer | ArrayBufferView): Buffer {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Buffer.from(value);
}

/** Whether an object is numbers with a shape. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const { data, shape, dtype, ...others } = value as Record<string, unknown>;
  if (Object.keys(others).length > 0 || typeof dtype !== 'string' || !Array.isArray(shape)) return false;
  if (!ArrayBuffer.isView(data) || data instanceof DataView) return false;
  const count = shape.reduce((product: number, size: unknown) => product * Number(size), 1);
  return (data as TypedArray).length === count;
}

/** The parts of a value that have a place of their own, in the order of a `path`. */
export function childrenOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null || viewName(value) !== undefined || isTensor(value)) return [];
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value].flat(1);
  if (value instanceof Set) return [...value];
  if (value instanceof Date || value instanceof RegExp) return [];
  return entriesOf(value).map(([, child]) => child);
}

/** The named parts of an object, or of an error. */
export function entriesOf(value: object): [string, unknown][] {
  const entries = Object.entries(value);
  if (value instanceof Error && value.cause !== undefined && !Object.hasOwn(Object.fromEntries(entries), 'cause')) {
    entries.push(['cause', value.cause]);
  }
  return entries;
}
