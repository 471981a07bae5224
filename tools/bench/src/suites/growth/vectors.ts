// Deleting vectors one by one from a table of many.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { VectorKVault } from '@kohakuvault/vector';
import { randomNumbers } from '../../random.ts';
import type { Case, Context, Preparation } from '../../suite.ts';
import { keep, ourVersion, peerVersion } from '../bytes/kept.ts';
import { openSqliteVec } from '../vector/peers.ts';
import { type Size, scaled, VECTORS } from './sizes.ts';

const DIMENSIONS = 128;
/** A prime, so that every turn deletes another vector. */
const STRIDE = 7_919;

function caseName({ name }: Size): string {
  return `delete one of ${name} vectors`;
}

export const vectorCases: Case[] = VECTORS.map((size) => ({
  name: caseName(size),
  unit: 'ns',
  note: `of ${DIMENSIONS} dimensions: the mean of a thousand at random, each a commit of its own, in a copy of the file.`,
  large: size.large,
  contenders: {
    kohakuvault: async (context) => {
      using vault = new VectorKVault(ownCopy(context, size, 'ours'), { dimensions: DIMENSIONS });
      return deleting(context, size, (id) => Number(vault.delete(id)));
    },
    'sqlite-vec': async (context) => {
      const database = await openSqliteVec(ownCopy(context, size, 'sqlite'));
      const remove = database.prepare('DELETE FROM v WHERE rowid = ?');
      return deleting(context, size, (id) => remove.run(BigInt(id)).changes);
    },
  },
}));

async function deleting({ once, quick }: Context, size: Size, remove: (id: number) => number): Promise<number> {
  const count = scaled(size, quick);
  const deletes = quick ? 50 : 1_000;
  const elapsed = await once(() => {
    let sum = 0;
    for (let turn = 0; turn < deletes; turn++) sum += remove(1 + ((turn * STRIDE) % count));
    if (sum < deletes) throw new Error(`${sum} of ${deletes} vectors were there to be deleted`);
    return sum;
  });
  return elapsed / deletes;
}

function fileOf(folder: string, size: Size, suffix: string): string {
  return join(folder, `vectors-${size.count}.${suffix}.db`);
}

function ownCopy({ fixtures, folder, unavailable }: Context, size: Size, suffix: string): string {
  const own = fileOf(folder, size, suffix);
  try {
    copyFileSync(fileOf(fixtures, size, suffix), own);
  } catch {
    unavailable('sqlite-vec is not installed');
  }
  return own;
}

function* someVectors(count: number): Generator<Float32Array> {
  const next = randomNumbers(3);
  for (let index = 0; index < count; index++) yield Float32Array.from({ length: DIMENSIONS }, next);
}

export async function makeVectors(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  for (const size of VECTORS) {
    if (!names.includes(caseName(size))) continue;
    const count = scaled(size, quick);
    await keep(fixtures, `vectors-${size.count}.ours`, `${count} ${ourVersion()}`, () => {
      using vault = new VectorKVault<number>(fileOf(fixtures, size, 'ours'), { dimensions: DIMENSIONS });
      let index = 0;
      vault.insertMany(
        (function* rows() {
          for (const vector of someVectors(count)) yield [vector, index++] as const;
        })(),
      );
    });
    if (!peers) continue;
    await keep(fixtures, `vectors-${size.count}.sqlite`, `${count} ${peerVersion('sqlite-vec')}`, async () => {
      const database = await openSqliteVec(fileOf(fixtures, size, 'sqlite')).catch(() => undefined);
      if (!database) return;
      database.exec(`CREATE VIRTUAL TABLE v USING vec0(value_ref INTEGER, vector float[${DIMENSIONS}])`);
      const insert = database.prepare('INSERT INTO v (value_ref, vector) VALUES (?, ?)');
      database.transaction(() => {
        let index = 0n;
        for (const vector of someVectors(count)) insert.run(index++, new Uint8Array(vector.buffer));
      })();
      database.close();
    });
  }
}
