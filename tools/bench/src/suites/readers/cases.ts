import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Case, Contender, Context, Preparation } from '../../suite.ts';
import { type Engine, LMDB, OURS, SQLITE } from '../bytes/engines.ts';
import { fillTables } from '../bytes/fill.ts';
import { BYTES, type Done, TABLE, type Task } from './task.ts';

const KEYS = 100_000;
const READERS = [1, 2, 4, 8];
const ENGINES: Engine[] = [OURS, SQLITE, LMDB];

function keysOf(quick: boolean): number {
  return quick ? KEYS / 20 : KEYS;
}

/** Has so many processes read and one write at the same time, and returns what each did; the writer is the last. */
async function together(readers: number, engine: Engine, { fixtures, quick }: Context): Promise<Done[]> {
  const writer: Task = {
    role: 'write',
    seed: 1,
    engine,
    fixtures,
    keys: keysOf(quick),
    milliseconds: quick ? 100 : 1_500,
  };
  const reading = Array.from({ length: readers }, (_, index): Task => ({ ...writer, role: 'read', seed: index + 10 }));
  const children = [...reading, writer].map(start);
  await Promise.all(children.map(messageOf));
  const answers = children.map((child) => messageOf(child) as Promise<Done>);
  for (const child of children) child.send('go');
  return Promise.all(answers);
}

function start(task: Task): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(task)]);
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the case ended without an answer (status ${code})`);
  });
  const message = once(child, 'message', { signal: ended.signal });
  const [answer] = (await Promise.race([message, exit]).finally(() => {
    exit.catch(() => {});
    ended.abort();
  })) as [unknown];
  return answer;
}

function each(work: (engine: Engine, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(ENGINES.map((engine) => [engine, (context: Context) => work(engine, context)]));
}

function casesOf(readers: number): Case[] {
  const processes = readers === 1 ? '1 process reads' : `${readers} processes read`;
  const isFirst = readers === READERS[0];
  return [
    {
      name: `get while ${processes} and one writes`,
      unit: 'ns',
      ...(isFirst
        ? {
            note:
              'wall-clock time per get of all readers together, so more of them should need less until each core has ' +
              'its own. The p99.9 is that of the reader with the highest.',
          }
        : {}),
      growth: { of: 'get beside a writer, by readers', size: readers },
      contenders: each(async (engine, context) => {
        const done = (await together(readers, engine, context)).slice(0, -1);
        const perMillisecond = done.reduce((sum, { calls, elapsed }) => sum + calls / elapsed, 0);
        return context.withTail(1e6 / perMillisecond, highest(done));
      }),
    },
    {
      name: `set while ${processes}`,
      unit: 'ns',
      ...(isFirst
        ? { note: 'wall-clock time per set of the writer, each a commit of its own. lmdb waits for the disk at each.' }
        : {}),
      growth: { of: 'set beside readers, by readers', size: readers },
      contenders: each(async (engine, context) => {
        const writer = (await together(readers, engine, context)).at(-1) as Done;
        return context.withTail((writer.elapsed / writer.calls) * 1e6, writer.tail);
      }),
    },
  ];
}

function highest(done: Done[]): number | undefined {
  const tails = done.flatMap(({ tail }) => tail ?? []);
  return tails.length < done.length ? undefined : Math.max(...tails);
}

export const readerCases: Case[] = READERS.flatMap(casesOf);

export async function makeTable(fixtures: string, quick: boolean, { peers }: Preparation): Promise<void> {
  const contents = { name: TABLE, count: keysOf(quick), bytes: BYTES, order: 'at random' } as const;
  await fillTables(fixtures, contents, peers ? ENGINES : [OURS]);
}
