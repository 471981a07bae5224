const { fstatSync } = process.getBuiltinModule('node:fs');

/** Tells an open file apart from others that have, or get, the same descriptor or path. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export function identityOf(descriptor: number): FileIdentity {
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return { device: dev, inode: ino };
}

/** Returns whether a descriptor is open in this thread, and means this file. */
export function isFile(descriptor: number, { device, inode }: FileIdentity): boolean {
  try {
    const found = identityOf(descriptor);
    return found.device === device && found.inode === inode;
  } catch {
    return false;
  }
}

/** Whether every thread has the same descriptors. In Deno each has its own, and opens a file of another again. */
const SHARES_DESCRIPTORS = process.versions.deno === undefined;

/** Whether a file that is open can be opened again by another thread though it has lost its name. */
export const NEEDS_NO_NAME = SHARES_DESCRIPTORS || process.platform === 'linux';

/** Returns the paths by which another thread can open a file that is open in this process, the best first. */
export function pathsOfOpen(descriptor: number, path: string): string[] {
  // Linux names all files that a process has open, no matter what has become of their paths.
  return process.platform === 'linux' ? [`/proc/self/fd/${descriptor}`, path] : [path];
}
