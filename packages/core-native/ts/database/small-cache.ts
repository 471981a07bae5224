import type { OpenConnection } from './open-connection.ts';

/** The page cache during a write of many pages, in KiB. What does not fit goes to the disk early. */
const CACHE_KB = 8 * 1024;

/** Runs a write of many pages that are not wanted soon. On a connection of ours they do not fill the page cache. */
export function withSmallCache(shared: OpenConnection, body: () => void): void {
  const { database, owned, options } = shared;
  if (!owned || options.cacheKb <= CACHE_KB) {
    body();
    return;
  }
  shared.read(() => database.pragma(`cache_size = -${CACHE_KB}`));
  try {
    body();
  } finally {
    shared.read(() => database.pragma(`cache_size = -${options.cacheKb}`));
  }
}
