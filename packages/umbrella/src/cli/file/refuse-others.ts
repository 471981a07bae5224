import { statSync } from 'node:fs';
import { NotFound } from '@kohakuvault/core-native/internal';
import { holdingsOf, isVault } from './holdings.ts';
import { OpenedFile } from './opened-file.ts';

/** Columns and vectors are made only in a new file, or in one that holds something of ours. */
export function refuseOthers(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.size) return;
  using file = new OpenedFile(path);
  const holdings = holdingsOf(file.database);
  if (isVault(holdings) || holdings.others.length === 0) return;
  throw new NotFound(`${path} is a database of something else; give a vault or a new file`);
}
