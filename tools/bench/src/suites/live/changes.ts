import { fork } from 'node:child_process';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { openBare } from '../../peers/better-sqlite3.ts';
import type { Case, Context } from '../../suite.ts';

const CHANGES = 200;
/** Of that many, the median counts, which is what people feel; the tail is reported too. */
const TAIL = 0.99;
/** How often people poll who have nothing else. */
const POLL_EVERY = 50;
const NS_PER_MS = 1e6;

/** The writer sets the time at which it writes, so the value tells how long it took to get here. */
function age(written: number): number {
  return (performance.timeOrigin + performance.now() - written) * NS_PER_MS;
}

/** Has another process write every few milliseconds, and returns the ages that `changed` was called with. */
async function agesOf(
  file: string,
  { quick, withTail }: Context,
  follow: (seen: (written: number) => boolean) => Promise<void>,
): Promise<number> {
  const count = quick ? CHANGES / 10 : CHANGES;
  const child = fork(join(import.meta.dirname, 'writer.ts'), [file]);
  const ages: number[] = [];
  await follow((written) => {
    ages.push(age(written));
    return ages.length < count;
  });
  child.kill();
  ages.sort((a, b) => a - b);
  return withTail(ages[Math.floor(ages.length / 2)] ?? Number.NaN, ages[Math.floor(ages.length * TAIL)]);
}

const SET = 10_000;

/** Returns the cost of one set of a small value, each a commit of its own. */
function setCost({ folder, perOperation }: Context, prepare: (vault: KVault) => unknown): number {
  const vault = new KVault(join(folder, 'set.db'));
  for (let nth = 0; nth < SET; nth++) vault.set(`key ${nth}`, nth);
  prepare(vault);
  return perOperation((turn) => {
    vault.set(`key ${turn % SET}`, turn);
    return turn;
  });
}

export const changeCases: Case[] = [
  {
    name: 'a change of another process',
    unit: 'ns',
    note: `from just before its commit in the other process to its value here, the median of ${CHANGES}; the other process writes every 23 ms. People who poll look every ${POLL_EVERY} ms.`,
    budgets: [{ atMost: 20 * NS_PER_MS }],
    contenders: {
      'kohakuvault: watch': (context) => {
        const file = join(context.folder, 'watch.db');
        const vault = new KVault<number>(file);
        const watch = vault.watch();
        return agesOf(file, context, async (seen) => {
          for await (const change of watch) if (!seen(change.value() as number)) return;
        });
      },
      'better-sqlite3: polling': async (context) => {
        const file = join(context.folder, 'poll.db');
        new KVault(file).close();
        const database = await openBare(file);
        const select = database.prepare('SELECT value FROM kv WHERE key = ?').pluck();
        return await agesOf(file, context, (seen) => {
          let version = database.pragma('data_version', { simple: true });
          return new Promise((resolve) => {
            const timer = setInterval(() => {
              const now = database.pragma('data_version', { simple: true });
              if (now === version) return;
              version = now;
              const stored = select.get(Buffer.from('key')) as Buffer | undefined;
              // A number of ours: eight bytes after the header.
              if (stored === undefined || seen(stored.readDoubleLE(10))) return;
              clearInterval(timer);
              resolve();
            }, POLL_EVERY);
          });
        });
      },
    },
  },
  {
    name: 'set while somebody watches',
    unit: 'ns',
    note: 'a commit for each; the log of changes is written in the same transaction.',
    contenders: {
      'kohakuvault, watched': (context) => setCost(context, (vault) => vault.watch()),
      'kohakuvault, not watched': (context) => setCost(context, () => {}),
    },
  },
];
