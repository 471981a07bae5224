import {
  type BackupOptions,
  type BackupResult,
  COMPANIONS,
  checkBackupOptions,
  checkCopyPath,
  copyDatabase,
} from '../database/backup.ts';
import { BackupReader } from '../database/backup-reader.ts';
import { openDatabase } from '../database/open.ts';
import type { ConnectionOptions } from '../database/options.ts';
import { CorruptData, InvalidArgument } from '../errors/errors.ts';
import { checkIntegrity } from '../inspect/integrity.ts';

const { existsSync } = process.getBuiltinModule('node:fs');

/** How a backup is read: by which SQLite, and with which key. */
type Reach = Pick<ConnectionOptions, 'driver' | 'key' | 'cipher'>;

export type RestoreOptions = BackupOptions & Reach;

/**
 * Makes a database of a backup. It reads all of the copy and checks it before the path has it. Nothing may exist at the
 * path: a file that the backup is to replace must be moved away first, with its `-wal`.
 */
export async function restore(backup: string, path: string, options: RestoreOptions = {}): Promise<BackupResult> {
  const { driver, key, cipher, ...given } = options;
  const reach = { driver, key, cipher };
  const checked = checkBackupOptions('restore', given);
  const source = checkCopyPath('restore', backup);
  const target = checkCopyPath('restore', path);
  refuseExisting(target);
  using connection = openDatabase(source, { ...reach, readonly: true }, { silent: true });
  const reader = new BackupReader(connection.shared);
  try {
    return await copyDatabase(reader, target, checked, (copy) => {
      checkCopy(copy, source, reach);
      refuseExisting(target);
    });
  } finally {
    reader.close();
  }
}

function refuseExisting(target: string): void {
  const present = ['', ...COMPANIONS].map((end) => target + end).find((path) => existsSync(path));
  if (present === undefined) return;
  throw new InvalidArgument(`restore: ${present} exists; move it away, or choose another path`);
}

function checkCopy(copy: string, backup: string, reach: Reach): void {
  using connection = openDatabase(copy, { ...reach, readonly: true }, { silent: true });
  const { isSound, problems } = checkIntegrity(connection.database);
  if (isSound) return;
  throw new CorruptData(`restore: ${backup} is damaged, and nothing was restored: ${problems.slice(0, 3).join('; ')}`);
}
