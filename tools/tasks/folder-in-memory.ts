import { statfsSync } from 'node:fs';
import { platform } from 'node:os';

const FOLDER = '/dev/shm';
const TMPFS = 0x01021994;
const GIB = 1024 ** 3;
/** More than the files of all tests at one time. */
const ROOM = 4 * GIB;
/** These files and the processes of tests must fit into memory. */
const MEMORY = 10 * GIB;

/**
 * Returns a folder in memory for the files of tests: creating thousands of databases on a disk takes a quarter of their
 * time. Returns undefined if there is none with enough room, or if TMPDIR names a folder.
 */
export function folderInMemory(): string | undefined {
  if (platform() !== 'linux' || process.env.TMPDIR || process.availableMemory() < MEMORY) return undefined;
  try {
    const { type, bavail, bsize } = statfsSync(FOLDER);
    return type === TMPFS && bavail * bsize >= ROOM ? FOLDER : undefined;
  } catch {
    return undefined;
  }
}
