import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import type { Context } from '../../suite.ts';
import { DIMENSIONS, embeddings } from '../vector/contents.ts';

export const MIB = 1024 * 1024;
/** Notes of cases: what `--quick` takes instead. */
export const QUICK_FILM = '64 MiB with `--quick`.';
export const QUICK_VECTORS = '10,000 with `--quick`.';
export const NUMBERS = 1_000_000;

/** The files of the suite: 100,000 vectors, a column of a million numbers, a value of 500 MiB. */
export type Content = 'vectors' | 'columns' | 'film';

export async function makeFixtures(fixtures: string, quick: boolean): Promise<void> {
  {
    using vault = new VectorKVault(fileOf(fixtures, 'vectors'), { dimensions: DIMENSIONS });
    let row = 0;
    const rows = function* () {
      for (const vector of embeddings(quick ? 10_000 : 100_000, 2)) yield [vector, row++] as const;
    };
    vault.insertMany(rows());
    vault.database.exec('CREATE TABLE own (at INTEGER)');
    vault.checkpoint('truncate');
  }
  {
    using vault = new ColumnVault(fileOf(fixtures, 'columns'));
    vault.ensure('numbers', 'f64').extend(Float64Array.from({ length: NUMBERS }, (_, index) => index));
    vault.checkpoint('truncate');
  }
  using vault = new KVault(fileOf(fixtures, 'film'));
  await vault.putFile('film', film(quick ? 64 : 500));
  vault.checkpoint('truncate');
}

/** Returns a source of so many MiB that comes piece by piece, as a request over HTTP does. */
export async function* film(mib: number): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(MIB, 7);
  for (let done = 0; done < mib; done++) yield block;
}

/** Returns the path of a copy that the contender may change. */
export function copyOf({ fixtures, folder }: Context, content: Content): string {
  const file = fileOf(folder, content);
  copyFileSync(fileOf(fixtures, content), file);
  return file;
}

export function fileOf(folder: string, content: Content): string {
  return join(folder, `${content}.db`);
}
