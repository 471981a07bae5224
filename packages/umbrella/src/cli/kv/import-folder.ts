import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { utf8Text } from '../formats/utf8.ts';
import { INDEX } from './file-names.ts';
import { eachRecord, type ImportTarget, storeRecord } from './import-ndjson.ts';
import { readRecord } from './json-record.ts';

/** All files of an import belong to its one transaction. */
const JOINING = { [Symbol.for('kohakuvault.joins transaction')]: true };

/**
 * Stores the content of a folder. Returns the number of entries. The index of an exported folder lists its entries; in
 * any other folder, each file is a value and its path the key. Call it inside a transaction.
 */
export function importFolder(folder: string, target: ImportTarget, progress: (done: number) => void): Promise<number> {
  return existsSync(join(folder, INDEX))
    ? importExported(folder, target, progress)
    : importFiles(folder, target, progress);
}

function importExported(folder: string, target: ImportTarget, progress: (done: number) => void): Promise<number> {
  let count = 0;
  return eachRecord(join(folder, INDEX), async (record) => {
    const file = typeof record === 'object' && record !== null && 'file' in record ? record.file : undefined;
    if (typeof file === 'string') {
      const { key } = readRecord({ ...(record as object), value: null });
      await storeFile(target, key, inside(folder, file));
    } else {
      storeRecord(record, target);
    }
    progress(++count);
  });
}

async function importFiles(folder: string, target: ImportTarget, progress: (done: number) => void): Promise<number> {
  let count = 0;
  for (const path of filesIn(folder)) {
    await storeFile(target, relative(folder, path).split(sep).join('/'), path);
    progress(++count);
  }
  return count;
}

/** Stores a file as bytes. Some encodings hold bytes only as a value like others. */
async function storeFile({ vault }: ImportTarget, key: string | Buffer, path: string): Promise<void> {
  const takesFiles = vault.valueEncoding === 'auto' || vault.valueEncoding === 'binary';
  if (takesFiles) await vault.putFile(key, path, JOINING);
  else vault.set(key, readFileSync(path));
}

function* filesIn(folder: string): Generator<string> {
  // Without `withFileTypes`: in Bun, such entries have no names as bytes.
  const paths = readdirSync(folder, { encoding: 'buffer' }).map((name) =>
    join(
      folder,
      utf8Text(name, (byte) => `the name of a file in ${folder}, byte ${byte}`),
    ),
  );
  for (const path of paths.sort((a, b) => (a < b ? -1 : 1))) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) yield* filesIn(path);
    // Links may lead outside, and pipes never end.
    else if (found?.isFile()) yield path;
  }
}

/**
 * Returns the path of a file of the index. An untrusted index must not reach outside its folder, not even by a link.
 */
function inside(folder: string, file: string): string {
  const path = join(folder, file);
  if (!existsSync(path)) throw new InvalidArgument(`its file ${JSON.stringify(file)} does not exist`);
  const real = realpathSync(path);
  if (!real.startsWith(realpathSync(folder) + sep)) {
    throw new InvalidArgument(`its file ${JSON.stringify(file)} is outside the folder`);
  }
  // A pipe never ends.
  if (!statSync(real).isFile()) throw new InvalidArgument(`its file ${JSON.stringify(file)} is not a regular file`);
  return real;
}
