import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../testing/src/temp.ts';
import { loadSuite, suiteNames } from '../src/discovery.ts';
import type { SuiteResult } from '../src/results.ts';
import { keyOf, parts, randomKeys } from '../src/suites/bytes/entries.ts';
import { keep } from '../src/suites/bytes/kept.ts';
import { tailOf } from '../src/tail.ts';
import { QUICK, timeSync } from '../src/timing.ts';

const SOURCES = join(import.meta.dirname, '../src');
const CONDITIONS = '--conditions=@kohakuvault/source';

/** Runs the only cases of a suite whose names contain the text, and returns their results. */
function run(suite: string, only: string, ...args: string[]) {
  return runWith({}, suite, only, ...args);
}

/** Does so with variables of the environment. Peers that are not installed may be missing. */
function runWith(environment: NodeJS.ProcessEnv, suite: string, only: string, ...args: string[]) {
  const folder = tempFolder();
  const json = join(folder, 'results.json');
  const options = [suite, '--only', only, '--quick', '--rounds', '1', '--json', json, ...args];
  const { status, stderr } = spawnSync(process.execPath, [CONDITIONS, join(SOURCES, 'main.ts'), ...options], {
    encoding: 'utf8',
    env: { ...process.env, ...environment, TMPDIR: folder, TMP: folder, TEMP: folder },
  });
  expect(stderr.replaceAll(/^.*(contenders in|: round |is not installed: see ).*\n/gm, ''), stderr).toBe('');
  expect(status).toBe(0);
  const [result] = JSON.parse(readFileSync(json, 'utf8')) as SuiteResult[];
  return result?.cases ?? [];
}

test.each(suiteNames())(
  'the cases of %s have names of their own, and budgets against their contenders',
  async (name) => {
    const { cases } = await loadSuite(name);
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    const against = cases.flatMap(({ budgets = [], contenders }) =>
      budgets.flatMap((budget) =>
        budget.against === undefined ? [] : [Object.keys(contenders).includes(budget.against)],
      ),
    );
    expect(against).not.toContain(false);
  },
);

describe('growth', { timeout: 180_000 }, () => {
  test('has its largest sizes behind --large, with the budgets', async () => {
    const { cases } = await loadSuite('growth');
    expect(cases.filter(({ large }) => large).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['get, 5 M keys', 'set at random, column of 100 M f64', 'listColumns of 10,000']),
    );
    const budgetsOf = (name: string) => cases.find((each) => each.name === name)?.budgets;
    expect(budgetsOf('get, 5 M keys')).toEqual([
      { against: 'better-sqlite3, WITHOUT ROWID', atLeast: 1 },
      { against: 'kohakuvault, 100 k', atMost: 1.5 },
    ]);
    expect(budgetsOf('at at random, column of 100 M f64')).toEqual([{ atMost: 30_000 }]);
    expect(run('growth', 'column of 100 M f64')).toEqual([]);
  });

  test('measures beside the peers, and uses kept files again', async () => {
    const kept = tempFolder();
    const [first] = run('growth', 'get, 1 M keys', '--fixtures', kept);
    expect(first?.contenders.map(({ name, values }) => [name, values.length])).toEqual([
      ['kohakuvault', 1],
      ['better-sqlite3, WITHOUT ROWID', 1],
      ['lmdb', 1],
      ['kohakuvault, 100 k', 1],
    ]);
    expect(first?.growth).toEqual({ of: 'get', size: 1_000_000 });
    const made = join(kept, 'growth-quick', 'table-1000000.lmdb.made');
    const { mtimeMs } = statSync(made);
    // As the next run does before it measures.
    const { prepare } = await loadSuite('growth');
    await prepare?.(join(kept, 'growth-quick'), true, { large: false, names: ['get, 1 M keys'], peers: true });
    expect(statSync(made).mtimeMs).toBe(mtimeMs);
    // What no case of the run needs is not made.
    expect(existsSync(join(kept, 'growth-quick', 'column-1000000.ours.db'))).toBe(false);
  });

  test('measures columns, values and vectors', () => {
    for (const only of ['column of 10 M f64', '1,000 columns of five', 'value of 100 MB', '100 k vectors']) {
      const cases = run('growth', only);
      expect(cases.length).toBeGreaterThan(0);
      for (const { contenders } of cases) for (const { values } of contenders) expect(values).toHaveLength(1);
    }
  });
});

test('values: a scan is measured beside the best call of each peer', { timeout: 180_000 }, () => {
  const cases = run('values', 'scan of 1 MiB');
  expect(cases.map(({ name }) => name)).toEqual(['scan of 1 MiB, filled at random', 'scan of 1 MiB, filled in order']);
  for (const { contenders } of cases) {
    expect(contenders.map(({ name }) => name)).toEqual([
      'kohakuvault',
      'better-sqlite3 .all()',
      'better-sqlite3 .iterate()',
      'lmdb',
    ]);
    for (const { values } of contenders) expect(values).toHaveLength(1);
  }
});

test('readers: processes read while one writes', { timeout: 180_000 }, () => {
  const cases = run('readers', 'get while 2 processes read');
  expect(cases.map(({ growth }) => growth?.size)).toEqual([2]);
  for (const { contenders } of cases) for (const { values } of contenders) expect(values[0]).toBeGreaterThan(0);
});

describe('disk', { timeout: 180_000 }, () => {
  test('measures a file that does not fit into memory, or says why it cannot', () => {
    const [limited] = run('disk', 'get of 4 kB, a file of 10 GB in', '--large');
    for (const { values, notRun } of limited?.contenders ?? []) {
      if (notRun === undefined) expect(values).toHaveLength(1);
      else expect(notRun).toMatch(/control groups|only Linux/);
    }
    expect(limited?.contenders).toHaveLength(3);
  });

  test('limits the memory of the process with a group that ends with it', () => {
    const program = join(tempFolder(), 'limited.mjs');
    writeFileSync(
      program,
      `import { existsSync, readFileSync } from 'node:fs';
      import { limitMemory } from ${JSON.stringify(pathToFileURL(join(SOURCES, 'memory-limit.ts')).href)};
      const unavailable = (why) => { console.log(JSON.stringify({ why })); process.exit(); };
      limitMemory(512 * 1024 * 1024, [], { unavailable });
      const [group] = readFileSync('/proc/self/cgroup', 'utf8').match(/kohakuvault-bench-\\d+/);
      const folder = ['/sys/fs/cgroup/' + group, '/sys/fs/cgroup/memory/' + group].find((each) => existsSync(each));
      const limit = ['memory.max', 'memory.limit_in_bytes'].map((name) => folder + '/' + name).find((each) => existsSync(each));
      console.log(JSON.stringify({ folder, limit: Number(readFileSync(limit, 'utf8')) }));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { why, folder, limit } = JSON.parse(stdout) as { why?: string; folder: string; limit: number };
    if (why !== undefined) expect(why).toMatch(/control groups|only Linux/);
    else expect([limit, existsSync(folder)]).toEqual([512 * 1024 * 1024, false]);
  });
});

describe('vector', { timeout: 180_000 }, () => {
  const FIXTURE = join(import.meta.dirname, '../../fixtures/embeddings/sentences.i8');

  /** A folder as tools/embeddings fills it. */
  function embeddings(): string {
    const folder = tempFolder();
    const numbers = Float32Array.from(new Int8Array(readFileSync(FIXTURE)));
    writeFileSync(join(folder, '00000.f32'), numbers.subarray(0, 384 * 1_000));
    writeFileSync(join(folder, '00001.f32'), numbers.subarray(384 * 1_000));
    return folder;
  }

  test('searches of ours and of peers find the same share of real embeddings', () => {
    const cases = runWith({ KOHAKUVAULT_EMBEDDINGS: embeddings() }, 'vector', 'sentences: a search, recall');
    expect(cases.map(({ name }) => name)).toEqual([
      'sentences: a search, recall@10 of 0.985',
      'sentences: a search, recall@10 of 0.995',
    ]);
    for (const { contenders } of cases) {
      const values = Object.fromEntries(contenders.map(({ name, values }) => [name, values.length]));
      expect(values).toMatchObject({ kohakuvault: 1, 'sqlite-vec': 1 });
      for (const { values, notRun } of contenders) expect(values.length === 1 || notRun !== undefined).toBe(true);
    }
  });

  test('the settings of ours find what they should, also with a condition', () => {
    const folder = embeddings();
    const kept = tempFolder();
    const run = (only: string) =>
      runWith({ KOHAKUVAULT_EMBEDDINGS: folder }, 'vector', only, '--fixtures', kept).map(({ contenders }) => {
        return contenders.find(({ name }) => name === 'kohakuvault' || name === 'with the index')?.values[0];
      });
    const [usual, high] = run('sentences: found with the setting');
    expect(usual).toBeGreaterThanOrEqual(0.985);
    expect(high).toBeGreaterThanOrEqual(0.995);
    for (const found of run('%, recall@10')) expect(found).toBeGreaterThan(0.97);
  });

  test('without a folder of embeddings their cases are not run', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [CONDITIONS, join(SOURCES, 'main.ts'), 'vector', '--only', 'sentences: length of the file', '--quick'],
      { encoding: 'utf8', env: { ...process.env, KOHAKUVAULT_EMBEDDINGS: '' } },
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('not run');
    expect(stderr).toContain('KOHAKUVAULT_EMBEDDINGS names no folder of embeddings');
  });
});

describe('kept files', () => {
  test('are made again by another recipe, and if they were not finished', async () => {
    const folder = tempFolder();
    const file = join(folder, 'table.db');
    let made = 0;
    const make = () => {
      expect(existsSync(file)).toBe(false);
      writeFileSync(file, String(++made));
    };
    await keep(folder, 'table', 'one', make);
    await keep(folder, 'table', 'one', make);
    expect(made).toBe(1);
    await keep(folder, 'table', 'two', make);
    expect(made).toBe(2);
    const failing = keep(folder, 'table', 'three', () => {
      make();
      throw new Error('interrupted');
    });
    await expect(failing).rejects.toThrow('interrupted');
    await keep(folder, 'table', 'two', make);
    expect(made).toBe(4);
  });

  test('of another name stay', async () => {
    const folder = tempFolder();
    for (const name of ['table-10', 'table-1']) {
      await keep(folder, name, 'r', () => writeFileSync(join(folder, `${name}.db`), ''));
    }
    expect(existsSync(join(folder, 'table-10.db'))).toBe(true);
  });
});

describe('entries', () => {
  test('have the same keys in both orders, and no key twice', () => {
    const keys = (order: 'at random' | 'in order') => [...parts(25_000, 10, order)].flat().map(([key]) => key);
    const sorted = keys('at random').toSorted();
    expect(new Set(sorted).size).toBe(25_000);
    // As texts: the difference of such long arrays would take minutes to print.
    expect(keys('at random').join() === sorted.join()).toBe(false);
    expect(keys('in order').join() === sorted.join()).toBe(true);
  });

  test('are found by the keys of turns', () => {
    const key = randomKeys(50);
    const known = new Set(Array.from({ length: 50 }, (_, index) => keyOf(index)));
    for (let turn = 0; turn < 200; turn++) expect(known).toContain(key(turn));
  });
});

describe('the tail', () => {
  test('is what one call in a thousand exceeds', () => {
    const latencies = Array.from({ length: 2_000 }, (_, index) => index + 1);
    expect(tailOf(latencies.toReversed())).toBe(1_998);
    expect(tailOf(latencies.slice(0, 999))).toBeUndefined();
  });

  test('is of single calls, and there is none of calls that are too long for it', () => {
    expect(timeSync((turn) => turn, QUICK).latencies.length).toBeGreaterThanOrEqual(1);
    const slow = () => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      return 1;
    };
    expect(timeSync(slow, QUICK).latencies).toEqual([]);
  });
});
