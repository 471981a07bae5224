export type Entry = [key: string, value: Buffer];

/** One table of bytes in one file of one engine, with its usual settings. */
export interface ByteStore {
  get(key: string): Buffer | undefined;
  /** Sets one entry, which is committed when the call returns. */
  set(key: string, value: Buffer): void;
  /** Sets all entries in one transaction. */
  setMany(entries: Entry[]): void;
  /** Returns the sum of the lengths of so many entries from a key on, in order. */
  range(gte: string, limit: number): number;
  /** Reads every entry in the order of keys through an iterator, and returns the sum of the lengths. */
  scan(): number;
  /** Leaves nothing to do for the next that opens the file. */
  close(): void | Promise<void>;
}

/** Opens a table in a folder, and makes it if it is missing. */
export type OpenBytes = (folder: string, name: string) => Promise<ByteStore>;
