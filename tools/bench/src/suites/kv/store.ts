/** The tables of the suite; `objects` holds plain objects, the others bytes. */
export type Table = 'small' | 'large' | 'objects';

export interface SmallObject {
  id: number;
  name: string;
  tags: string[];
  score: number;
}

export type Value = Buffer | SmallObject;
export type Entry = [key: string, value: Value];

/** One table of one engine, as the suite uses it. What the engine can only do asynchronously returns a promise. */
export interface Store {
  get(key: string): Value | undefined;
  /** By itself, committed when it returns. */
  set(key: string, value: Value): void | Promise<void>;
  /** The values of many keys, from one state. */
  getMany(keys: string[]): (Value | undefined)[] | Promise<(Value | undefined)[]>;
  /** All of them or none. */
  setMany(entries: Entry[]): void | Promise<void>;
  /** As `setMany`, in the way that is meant for writing very many. */
  fill(entries: Entry[]): void | Promise<void>;
  /** Looks at every key and value in order; the sum of their lengths. */
  scan(): number | Promise<number>;
}

/** Opens a table in a folder, and makes it where it is missing. */
export type OpenStore = (folder: string, table: Table) => Promise<Store>;

export function lengthOf(value: Value | undefined): number {
  return Buffer.isBuffer(value) ? value.length : (value?.id ?? 0);
}

/** For engines that keep bytes only: objects as JSON. */
export function toStored(value: Value): Buffer | string {
  return Buffer.isBuffer(value) ? value : JSON.stringify(value);
}

/** What `toStored` gave, as an engine gives it back: bytes that are no Buffer become one without being copied. */
export function fromStored(stored: unknown): Value | undefined {
  if (typeof stored === 'string') return JSON.parse(stored) as SmallObject;
  if (Buffer.isBuffer(stored) || stored === undefined) return stored;
  const { buffer, byteOffset, length } = stored as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, length);
}
