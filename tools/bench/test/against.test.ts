import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../testing/src/temp.ts';
import type { Comparison } from '../src/against.ts';
import { changeOf, confirmed, isLoss } from '../src/comparison.ts';

const SOURCES = join(import.meta.dirname, '../src');
const UNITS = { unit: 'ns' } as const;

describe('beyond the noise', () => {
  const there = [100, 100, 100, 100, 100, 100, 100];

  test('are rounds that all agree', () => {
    const { verdict, speed } = changeOf({ ...UNITS, here: [110, 108, 130, 112, 101, 115, 109], there });
    expect(verdict).toBe('slower');
    expect(speed.median).toBeCloseTo(1 / 1.1);
    expect(changeOf({ ...UNITS, here: [90, 91, 70, 99, 88, 92, 95], there }).verdict).toBe('faster');
  });

  test('is not a large change that one of seven rounds denies', () => {
    expect(changeOf({ ...UNITS, here: [150, 150, 150, 99, 150, 150, 150], there }).verdict).toBe('within the noise');
    expect(changeOf({ ...UNITS, here: [50, 50, 50, 101, 50, 50, 50], there }).verdict).toBe('within the noise');
  });

  test('are many rounds with few that disagree', () => {
    const here = [130, 90, 131, 132, 133, 134, 129, 128, 127, 126, 91, 125];
    expect(changeOf({ ...UNITS, here, there: here.map(() => 100) }).verdict).toBe('slower');
    here[2] = 92;
    expect(changeOf({ ...UNITS, here, there: here.map(() => 100) }).verdict).toBe('within the noise');
  });

  test('is nothing that too few rounds show', () => {
    const few = { here: [200, 200, 200, 200, 200], there: [100, 100, 100, 100, 100] };
    expect(changeOf({ ...UNITS, ...few }).verdict).toBe('within the noise');
  });

  test('is what every round shows of a machine that is busy for a while', () => {
    const busy = [1, 1, 4, 3, 1, 2, 1];
    const pairs = { here: busy.map((load) => 110 * load), there: busy.map((load) => 100 * load) };
    expect(changeOf({ ...UNITS, ...pairs }).verdict).toBe('slower');
  });

  test('goes the other way for units of which more is better', () => {
    const here = [110, 108, 130, 112, 101, 115, 109];
    expect(changeOf({ unit: 'bytes/s', here, there }).verdict).toBe('faster');
  });

  test('is only what a second lot of rounds confirms', () => {
    const slow = { ...UNITS, here: there.map(() => 120), there };
    const doubtful = { ...UNITS, here: [120, 120, 120, 99, 120, 120, 99], there };
    const verdictWith = (second: typeof slow) => {
      const both = { ...UNITS, here: [...slow.here, ...second.here], there: [...there, ...there] };
      expect(changeOf(both).verdict).toBe('slower');
      return confirmed(changeOf(slow), second, both).verdict;
    };
    expect([verdictWith(slow), verdictWith(doubtful)]).toEqual(['slower', 'within the noise']);
  });

  test('is a loss from the threshold on', () => {
    const change = changeOf({ ...UNITS, here: there.map(() => 104), there });
    expect([change.verdict, isLoss(change, 0.03), isLoss(change, 0.05)]).toEqual(['slower', true, false]);
  });
});

/** Writes a checkout that has the bench with one suite, whose cases give fixed numbers (or what the text throws). */
function checkout(cases: Record<string, number | string>, root = tempFolder()): string {
  const sources = join(root, 'tools/bench/src');
  mkdirSync(join(sources, 'suites'), { recursive: true });
  const names = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  for (const name of names) copyFileSync(join(SOURCES, name), join(sources, name));
  const entries = Object.entries(cases).map(([name, does]) => {
    const body = typeof does === 'string' ? does : `return ${does}`;
    return `{ name: ${JSON.stringify(name)}, unit: 'ns', contenders: { ours: () => { ${body}; }, peer: () => 1 } }`;
  });
  // What it says of the other checkout would be seen in the numbers of this one.
  const text = `export default {
    about: 'A suite.',
    prepare: (fixtures) => require('node:fs').writeFileSync(fixtures + '/made', ''),
    cases: [${entries.join(', ')}],
  };`;
  writeFileSync(
    join(sources, 'suites/tiny.ts'),
    `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n${text}`,
  );
  return root;
}

/** Runs the bench of a checkout against another one. */
function against(root: string, other: string, ...args: string[]) {
  const json = join(tempFolder(), 'comparisons.json');
  const program = join(root, 'tools/bench/src/main.ts');
  const options = ['tiny', '--quick', '--rounds', '6', '--json', json, '--against', other, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, TMPDIR: root, TMP: root, TEMP: root, GIT_CEILING_DIRECTORIES: '' },
  });
  const [comparison] = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Comparison[]) : [];
  return { status, stdout, stderr, comparison };
}

describe('--against a folder', { timeout: 120_000 }, () => {
  // Each round of a case is two processes, so there are no more cases than the outcomes that only processes show.
  test('tells what got slower, and what only one of them has', () => {
    const here = checkout({ same: 100, slower: 120, fresh: 1 });
    const there = checkout({ same: 100, slower: 100, dropped: 1 });
    const { status, stdout, comparison } = against(here, there);
    expect(comparison?.rows.map(({ name, change }) => [name, change?.verdict])).toEqual([
      ['same', 'within the noise'],
      ['slower', 'slower'],
    ]);
    // A change was measured twice.
    expect(comparison?.rows.map((row) => [row.here.length, row.there.length])).toEqual([
      [6, 6],
      [12, 12],
    ]);
    expect([comparison?.onlyHere, comparison?.onlyThere]).toEqual([['fresh'], ['dropped']]);
    expect(stdout).toContain('of 2 cases 0 are faster than there, 1 slower (1 by more than 5.0%), 1 within the noise');
    expect(stdout).toMatch(/only here: fresh\n\nonly there: dropped/);
    expect(status).toBe(1);
  });

  test('succeeds if nothing is slower by more than the threshold', () => {
    const [here, there] = [checkout({ slower: 120 }), checkout({ slower: 100 })];
    expect(against(here, there, '--threshold', '25').status).toBe(0);
  });

  test('has no verdict of a case that fails in the other one, and fails for one that fails here', () => {
    const [works, fails] = [checkout({ one: 1 }), checkout({ one: "throw new Error('broken')" })];
    const there = against(works, fails);
    expect([there.status, there.comparison?.rows[0]?.problem]).toEqual([
      0,
      expect.stringMatching(/^in the other: Error: broken/),
    ]);
    const here = against(fails, works);
    expect([here.status, here.comparison?.rows[0]?.problem]).toEqual([
      1,
      expect.stringMatching(/^here: Error: broken/),
    ]);
  });

  test('lists a suite that the other one does not have', () => {
    const [here, there] = [checkout({ one: 1 }), checkout({})];
    execFileSync(process.execPath, [
      '-e',
      `fs.rmSync(${JSON.stringify(join(there, 'tools/bench/src/suites/tiny.ts'))})`,
    ]);
    const { status, comparison } = against(here, there);
    expect([status, comparison]).toEqual([0, { suite: 'tiny', rows: [], onlyHere: ['one'], onlyThere: [] }]);
  });

  test('refuses too few rounds and thresholds that are not numbers', () => {
    const root = checkout({ one: 1 });
    const few = against(root, root, '--rounds', '5');
    expect([few.status, few.stderr]).toEqual([2, expect.stringContaining('--rounds expects a whole number from 6 on')]);
    const odd = against(root, root, '--threshold', 'much');
    expect([odd.status, odd.stderr]).toEqual([2, expect.stringContaining('--threshold expects percent')]);
  });
});

test('--against a commit builds it once in a worktree', { timeout: 120_000 }, () => {
  const root = checkout({ one: 100 });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  const log = join(root, 'builds.log');
  const build = `require('node:fs').appendFileSync(${JSON.stringify(log)}, process.cwd() + process.argv[2] + '\\n')`;
  writeFileSync(join(root, 'build.cjs'), build);
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'a', scripts: { bench: 'node build.cjs' } }));
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'first');
  const commit = git('rev-parse', 'HEAD').trim();

  checkout({ one: 100, two: 1 }, root);
  for (let time = 0; time < 2; time++) {
    const { status, comparison, stderr } = against(root, 'HEAD');
    expect(stderr).toContain(`HEAD (${commit.slice(0, 12)})`);
    expect(comparison?.rows.map(({ there }) => there.length)).toEqual([6]);
    expect([status, comparison?.onlyHere]).toEqual([0, ['two']]);
  }
  const worktree = join(root, 'kohakuvault-bench-checkouts', commit);
  expect(readFileSync(log, 'utf8')).toBe(`${worktree}--help\n`);

  const unknown = against(root, 'no-such-branch');
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('got no-such-branch')]);
});
