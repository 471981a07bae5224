import type { Readable } from 'node:stream';

/** An entry as it is stored. A value that is too long for memory is left out. */
export interface StoredItem {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** The entries of one dict, as they are stored. */
export interface Shelf {
  /** Gives all entries in the order of their keys, while others may write. */
  items(): AsyncIterable<StoredItem>;
  setMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<unknown>;
  deleteMany(keys: readonly Buffer[]): Promise<unknown>;
  /** Gives the bytes of a long value. */
  read(key: Buffer): Readable;
  put(key: Buffer, source: Readable): Promise<unknown>;
  size(): Promise<number>;
}

/** A dict, and the encoding of its values. */
export interface NamedDict {
  readonly name: string;
  readonly encoding: string;
}

/** A file or a server, from or to which dicts are copied. */
export interface Side extends AsyncDisposable {
  /** How messages call it. */
  readonly shown: string;
  dicts(): Promise<NamedDict[]>;
  /** What it holds that is not copied. */
  others(): string[];
  open(dict: NamedDict): Promise<Shelf>;
}

/** The longest value that is copied through memory. */
export const LONG_VALUE = 256 * 1024;
