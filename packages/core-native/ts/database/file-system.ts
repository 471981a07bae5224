import { warn } from '../errors/warnings.ts';

/** A file system on which several machines, or a machine and its guests, can have a file open without shared memory. */
export interface SharedFileSystem {
  readonly name: string;
  /** What is wrong with it, for a sentence that begins with the name. */
  readonly why: string;
}

const { statfsSync } = process.getBuiltinModule('node:fs');

const NETWORK =
  'is a network file system: machines that have the file open do not share the memory that WAL mode needs';
const CLUSTER = 'is a cluster file system: its machines do not share the memory that WAL mode needs';
const GUEST = 'is shared by a machine and its guests or containers, which do not share the memory that WAL mode needs';
const FUSE =
  'is a file system of a program (sshfs, a cloud bucket, the files of Docker Desktop or of virtiofs), which may be on ' +
  'another machine and may lack the shared memory and the locks that WAL mode needs';

/**
 * The numbers of Linux's file systems, as `statfs` returns them. Not in the list, because WAL mode works there: local
 * disks, tmpfs, and overlayfs, the disk of a container, which one kernel serves.
 */
const BY_TYPE: ReadonlyMap<number, SharedFileSystem> = new Map(
  (
    [
      [0x00006969, 'NFS', NETWORK],
      [0x0000517b, 'SMB', NETWORK],
      [0xff534d42, 'CIFS', NETWORK],
      [0xfe534d42, 'SMB2', NETWORK],
      [0x0000564c, 'NCP', NETWORK],
      [0x5346414f, 'AFS', NETWORK],
      [0x6b414653, 'AFS', NETWORK],
      [0x73757245, 'Coda', NETWORK],
      [0x00c36400, 'Ceph', NETWORK],
      [0x0bd00bd0, 'Lustre', CLUSTER],
      [0x47504653, 'GPFS', CLUSTER],
      [0x19830326, 'BeeGFS', CLUSTER],
      [0x01161970, 'GFS2', CLUSTER],
      [0x7461636f, 'OCFS2', CLUSTER],
      [0x01021997, '9p', GUEST],
      [0x786f4256, 'vboxsf', GUEST],
      [0xbacbacbc, 'vmhgfs', GUEST],
      [0x65735546, 'FUSE', FUSE],
    ] as const
  ).map(([type, name, why]) => [type, { name, why }]),
);

/** Returns what a number of `statfs` stands for, if WAL mode may not work there. */
export function sharedFileSystem(type: number): SharedFileSystem | undefined {
  // Some systems return the number with its sign.
  return BY_TYPE.get(type >>> 0);
}

/**
 * Returns the file system of a file or folder, if WAL mode may not work there. On Windows its path tells; on macOS
 * nothing does.
 */
export function sharedFileSystemOf(path: string): SharedFileSystem | undefined {
  if (process.platform === 'win32') return isOnServer(path) ? { name: 'a network share', why: NETWORK } : undefined;
  if (process.platform !== 'linux') return undefined;
  try {
    return sharedFileSystem(statfsSync(path).type);
  } catch {
    // SQLite reports what is wrong with the path.
    return undefined;
  }
}

/** Whether a path of Windows is of the form `\\server\share`. `\\?\` and `\\.\` are prefixes of local paths. */
export function isOnServer(path: string): boolean {
  return /^\\\\(?:\?\\UNC\\|[^\\?.])/i.test(path);
}

/** The files of which this process was warned. */
const warned = new Set<string>();

/** Warns once of a file in WAL mode on such a file system. */
export function warnOfSharedFileSystem(file: string): void {
  const found = sharedFileSystemOf(file);
  if (found === undefined || warned.has(file)) return;
  warned.add(file);
  warn(
    'KV_NETWORK_FILE',
    `${file} is in WAL mode on ${found.name}, which ${found.why}. If more than one of them opens it, data is lost; ` +
      'move it to a local disk, or let one machine open it and set networkWarning: false',
  );
}
