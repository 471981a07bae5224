import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import type { Case, Context, Suite } from '../suite.ts';

const PROGRAMS = join(import.meta.dirname, 'start');
const FILE = 'start.db';

/** Runs a program in a process of its own, from the built packages, as a user starts it. */
function start({ fixtures, unavailable }: Context, program: string): number {
  const built = createRequire(import.meta.url)
    .resolve('kohakuvault/package.json')
    .replace('package.json', 'dist/index.js');
  if (!existsSync(built)) unavailable('the packages are not built: run `npx -y pnpm@12 build`');
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(PROGRAMS, program), join(fixtures, FILE)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return Number(stdout);
}

/** The time of the whole process, and the time that it reports for import, open and get. */
function casesOf(contenders: Record<string, string>): Case[] {
  const each = (measure: (context: Context, program: string) => number | Promise<number>): Case['contenders'] =>
    Object.fromEntries(
      Object.entries(contenders).map(([name, program]) => [name, (context) => measure(context, program)]),
    );
  return [
    {
      name: 'a process that imports, opens, gets and ends',
      unit: 'ns',
      budgets: [{ against: 'better-sqlite3', atMost: 1.5 }],
      contenders: each((context, program) => context.perOperation(() => start(context, program))),
    },
    {
      name: 'of that: import, open and the first get',
      unit: 'ns',
      budgets: [{ against: 'better-sqlite3', atMost: 2 }],
      note:
        'by the clock of the process itself, so without the time that Node takes to start and to end. Most of the ' +
        'difference is V8 parsing our modules: see docs/decisions/0008-a-start-loads-little.md.',
      contenders: each((context, program) => {
        const times = Array.from({ length: 9 }, () => start(context, program)).sort((a, b) => a - b);
        return times[4] as number;
      }),
    },
  ];
}

const suite: Suite = {
  about: 'The cost of a start: a process that opens an existing file and reads one value.',
  prepare(fixtures) {
    using vault = new KVault(join(fixtures, FILE));
    vault.update(Array.from({ length: 1_000 }, (_, i): [string, Buffer] => [`key:${i}`, Buffer.alloc(100, i)]));
  },
  cases: casesOf({
    'kohakuvault, by @kohakuvault/kvault': 'kvault.mjs',
    'kohakuvault, by the umbrella': 'umbrella.mjs',
    'better-sqlite3': 'better-sqlite3.mjs',
  }),
};

export default suite;
