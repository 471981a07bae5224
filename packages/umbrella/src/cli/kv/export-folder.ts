import { existsSync, readdirSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IoError } from '@kohakuvault/core-native/internal';
import { type Sink, writeTo } from '../formats/destination.ts';
import type { Output } from '../terminal/output.ts';
import type { EncodedTable } from './encoded-table.ts';
import { flatPathForKey, INDEX, pathForKey } from './file-names.ts';
import { recordLine } from './json-record.ts';
import { jsonKey } from './keys.ts';

interface FolderExport {
  readonly values: EncodedTable;
  readonly output: Output;
  readonly prefix: string | Buffer;
  progress(done: number): void;
}

/**
 * Writes a key-value table to a new folder: values that are bytes as files named after their keys, all others into the
 * index. The folder appears under its name when it is complete.
 */
export async function exportFolder(folder: string, given: FolderExport): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new IoError(`${folder} is not empty; export to a folder that does not exist yet`);
  }
  const temporary = `${folder}.partial-${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    let count = 0;
    await writeTo(join(temporary, INDEX), given.output, async (index) => {
      count = await exportEntries(temporary, index, given);
    });
    if (existsSync(folder)) await rmdir(folder);
    await rename(temporary, folder);
    return count;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function exportEntries(folder: string, index: Sink, given: FolderExport): Promise<number> {
  const { values, prefix, progress } = given;
  let done = 0;
  for (const key of values.vault.keys({ prefix })) {
    const isBytes = values.look(key)?.encoding === 'bytes';
    const record = isBytes ? { ...jsonKey(key), file: await writeValue(folder, values, key) } : values.record(key);
    await index.write(recordLine(record));
    progress(++done);
  }
  return done;
}

/** Writes one value to its own file. Returns the path in the folder. */
async function writeValue(folder: string, values: EncodedTable, key: Buffer): Promise<string> {
  const { path, handle } = await newFile(folder, key);
  try {
    await values.readBytes(key, (bytes) => handle.writeFile(bytes));
  } finally {
    await handle.close();
  }
  return path;
}

/**
 * Creates a new file, so that two keys never share one. Their names can collide if the file system ignores case, or if
 * one key is the folder of another.
 */
async function newFile(folder: string, key: Buffer): Promise<{ path: string; handle: FileHandle }> {
  let wanted = pathForKey(key);
  for (let attempt = 0; ; attempt++) {
    const path = attempt === 0 ? wanted : `${wanted}~${attempt}`;
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      return { path, handle: await open(join(folder, path), 'wx') };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' && code !== 'ENOTDIR' && code !== 'EISDIR') throw error;
      // The folder of this file is a file already: the value of a shorter key.
      if (path.includes('/') && attempt === 0) wanted = flatPathForKey(key);
    }
  }
}
