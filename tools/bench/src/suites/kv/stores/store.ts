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

/**
 * One table of one engine, as the suite uses it. A method returns a promise if the engine has only an asynchronous one.
 */
export interface Store {
  get(key: string): Value | undefined;
  /** Sets one entry, which is committed when the call returns. */
  set(key: string, value: Value): void | Promise<void>;
  /** Returns the values of many keys, from one state. */
  getMany(keys: string[]): (Value | undefined)[] | Promise<(Value | undefined)[]>;
  /** Sets all entries or none. */
  setMany(entries: Entry[]): void | Promise<void>;
  /** Does the same as `setMany`, in the engine's way for very many entries. */
  fill(entries: Entry[]): void | Promise<void>;
  /** Reads every key and value in order, and returns the sum of their lengths. */
  scan(): number | Promise<number>;
}

/** Opens a table in a folder, and makes it if it is missing. */
export type OpenStore = (folder: string, table: Table) => Promise<Store>;

export function lengthOf(value: Value | undefined): number {
  return Buffer.isBuffer(value) ? value.length : (value?.id ?? 0);
}

/** Encodes objects as JSON, for engines that keep bytes only. */
export function toStored(value: Value): Buffer | string {
  return Buffer.isBuffer(value) ? value : JSON.stringify(value);
}

/** Decodes what `toStored` made. Bytes that are not a Buffer become one without a copy. */
export function fromStored(stored: unknown): Value | undefined {
  if (typeof stored === 'string') return JSON.parse(stored) as SmallObject;
  if (Buffer.isBuffer(stored) || stored === undefined) return stored;
  const { buffer, byteOffset, length } = stored as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, length);
}
