import type { ConnectionOptions } from '@kohakuvault/core-native/database';

/** What one process of the tool is to do. */
export interface Order {
  work: string;
  pageSize: number;
  /** A name of `SETTINGS`. */
  settings: string;
  /** The number of entries of the large works. */
  entries: number;
  folder: string;
}

const MIB = 1024 * 1024;

/** How much memory a connection may use. */
export const SETTINGS: Record<string, ConnectionOptions> = {
  default: {},
  small: { mmapSize: 0, cacheKb: 8 * 1024 },
  'no mmap': { mmapSize: 0 },
  large: { mmapSize: 2047 * MIB, cacheKb: 512 * 1024 },
};
