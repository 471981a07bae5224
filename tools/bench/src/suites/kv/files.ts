// One value as long as a film: from a file into the vault, and out of it.
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { anonymousMemory } from '../../memory.ts';
import type { Case, Context } from '../../suite.ts';

const MIB = 1024 * 1024;
const BLOCK = 16 * MIB;

const SOURCE = 'film';
const VAULT = 'film.db';

/** A gigabyte, or 64 MiB with `--quick`, as a file and as a value of ours. */
export async function makeFilm(fixtures: string, quick: boolean): Promise<void> {
  const block = randomFillSync(Buffer.alloc(BLOCK));
  const descriptor = openSync(join(fixtures, SOURCE), 'w');
  for (let done = 0; done < (quick ? 64 : 1024) * MIB; done += BLOCK) writeSync(descriptor, block);
  fsyncSync(descriptor);
  closeSync(descriptor);
  using vault = new KVault(join(fixtures, VAULT));
  await vault.putFile('film', join(fixtures, SOURCE));
  vault.checkpoint('truncate');
}

/** Returns the bytes per second of moving the film once, including the wait for the disk. */
async function throughput({ fixtures, once }: Context, move: () => Promise<unknown>): Promise<number> {
  const { size } = statSync(join(fixtures, SOURCE));
  const elapsed = await once(async () => {
    await move();
    return size;
  });
  return (size / elapsed) * 1e9;
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  await handle.sync();
  await handle.close();
}

const copying = (context: Context) =>
  throughput(context, () => copy(join(context.fixtures, SOURCE), join(context.folder, 'copy')));

/** Returns by how much memory grows at most during some work. */
export async function growth(context: Context, work: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  const before = anonymousMemory(context);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, anonymousMemory(context));
  }, 5);
  await work();
  clearInterval(timer);
  return Math.max(most, anonymousMemory(context)) - before;
}

const into = ({ fixtures, folder }: Context) => {
  const vault = new KVault(join(folder, 'vault.db'));
  return () => vault.putFile('film', join(fixtures, SOURCE));
};
const outOf = ({ fixtures, folder }: Context) => {
  const vault = new KVault(join(fixtures, VAULT));
  return () => vault.getToFile('film', join(folder, 'film'));
};

const QUICK = '64 MiB with `--quick`.';
const FS = '`fs.copyFile` and fsync';

export const fileCases: Case[] = [
  {
    name: 'putFile of 1 GiB',
    unit: 'bytes/s',
    note: `${QUICK} The WAL takes the bytes before the file does, so they are written twice.`,
    budgets: [{ against: FS, atLeast: 0.35 }],
    contenders: { kohakuvault: (context) => throughput(context, into(context)), [FS]: copying },
  },
  {
    name: 'getToFile of 1 GiB',
    unit: 'bytes/s',
    note: QUICK,
    budgets: [{ against: FS, atLeast: 0.35 }],
    contenders: { kohakuvault: (context) => throughput(context, outOf(context)), [FS]: copying },
  },
  {
    name: 'memory of 1 GiB in and out',
    unit: 'bytes',
    note: `the most by which anonymous memory grows. ${QUICK}`,
    budgets: [{ atMost: 64 * MIB }],
    contenders: {
      putFile: (context) => growth(context, into(context)),
      getToFile: (context) => growth(context, outOf(context)),
    },
  },
];
