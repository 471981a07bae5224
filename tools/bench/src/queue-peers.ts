// better-queue and its store in SQLite are installed on demand, into `queue-peers/`: the store has a native SQLite of its
// own, which no other process needs. README.md says how.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../queue-peers');

/** Returns a module of a peer; undefined if it is not installed. */
export function queuePeer<T>(name: string): T | undefined {
  if (!existsSync(join(folder, 'node_modules', name))) return undefined;
  return createRequire(join(folder, 'package.json'))(name) as T;
}
