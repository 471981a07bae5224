import { statSync } from 'node:fs';
import { NotFound } from '@kohakuvault/core-native/internal';
import { contentsOf, isVault } from './contents.ts';
import { OpenedFile } from './opened-file.ts';

/** Refuses a database of something else. Columns and vectors are created in new files and in vaults only. */
export function refuseOthers(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.size) return;
  using file = new OpenedFile(path);
  const contents = contentsOf(file.database);
  if (isVault(contents) || contents.others.length === 0) return;
  throw new NotFound(`${path} is a database of something else; give a vault or a new file`);
}
