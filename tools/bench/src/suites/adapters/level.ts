import { join } from 'node:path';
import type { AbstractLevel } from 'abstract-level';
import type { Case, Contender, Context } from '../../suite.ts';
import { FILLED, keyOf, MANY, recordOf } from './contents.ts';

type Level = AbstractLevel<unknown, string, object>;

const OPENERS: Record<string, (folder: string) => Promise<Level>> = {
  '@kohakuvault/level': async (folder) => {
    const { KVaultLevel } = await import('@kohakuvault/level');
    return new KVaultLevel<string, object>(join(folder, 'level.db'), { valueEncoding: 'json' }) as never;
  },
  'classic-level': async (folder) => {
    const { ClassicLevel } = await import('classic-level');
    return new ClassicLevel<string, object>(join(folder, 'level'), { valueEncoding: 'json' }) as never;
  },
};

function each(work: (level: Level, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(OPENERS).map(([name, open]) => [
      name,
      async (context: Context) => {
        const level = await open(context.folder);
        await level.open();
        await level.batch(batchOf(0, FILLED));
        return work(level, context);
      },
    ]),
  );
}

function batchOf(start: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    type: 'put' as const,
    key: keyOf(start + index),
    value: recordOf(start + index),
  }));
}

export const levelCases: Case[] = [
  {
    name: 'level: put',
    unit: 'ns',
    contenders: each((level, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await level.put(keyOf(turn), recordOf(turn));
        return turn;
      }),
    ),
  },
  {
    name: 'level: get',
    unit: 'ns',
    contenders: each((level, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => ((await level.get(keyOf(turn * 7))) ? 1 : 0)),
    ),
  },
  {
    name: `level: batch of ${MANY}, per entry`,
    unit: 'ns',
    contenders: each((level, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await level.batch(batchOf(turn * MANY, MANY));
        return turn;
      }, MANY),
    ),
  },
  {
    name: 'level: iterate over all, per entry',
    unit: 'ns',
    contenders: each((level, { perAsyncOperation }) =>
      perAsyncOperation(async () => (await level.iterator().all()).length, FILLED),
    ),
  },
];
