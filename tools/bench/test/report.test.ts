import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../testing/src/temp.ts';
import { chartsOf } from '../src/charts.ts';
import { pageOf, writeReport } from '../src/report.ts';
import { caseResult, keptResults, type SuiteResult } from '../src/results.ts';
import type { Case } from '../src/suite.ts';
import { budgetText, duelsOf, peersTable } from '../src/summary.ts';
import { SCHEMES } from '../src/svg.ts';
import { tableOf } from '../src/table.ts';

const docs = join(import.meta.dirname, '../../../docs');

type Numbers = Record<string, number[]>;

function entry(name: string, numbers: Numbers, more: Partial<Case> = {}, tails: Numbers = {}) {
  const made: Case = { name, unit: 'ns', contenders: {}, ...more };
  const measured = Object.entries(numbers).map(([contender, values]) => {
    return { case: made, contender, values, tails: tails[contender] ?? [] };
  });
  return caseResult(made, measured);
}

function suite(name: string, cases: SuiteResult['cases']): SuiteResult {
  const machine = { cpu: 'c', cores: 1, memoryGiB: 1, os: 'o', node: 'n', sqlite: 's', packages: {}, load: 0 };
  return { suite: name, about: 'About.', date: '2026-01-01', rounds: 2, quick: false, machine, cases };
}

const RESULTS = [
  suite('kv', [
    entry('get <100 B> & more', { kohakuvault: [10, 10], 'better-sqlite3': [20, 22], lmdb: [5, 5] }),
    entry(
      'scan',
      { kohakuvault: [10, 10], 'better-sqlite3 .all()': [5, 5] },
      {
        budgets: [{ against: 'better-sqlite3 .all()', atLeast: 1.5 }, { atMost: 10 }],
      },
    ),
    entry('size', { kohakuvault: [10], lmdb: [99] }, { unit: 'bytes' }),
  ]),
];

describe('the summary', () => {
  test('has a line for each peer, of the cases about speed', () => {
    const lines = peersTable(duelsOf(RESULTS)).split('\n').slice(2);
    expect(lines.map((line) => line.split('|').map((cell) => cell.trim()))).toEqual([
      ['', 'better-sqlite3', '1 of 2', '1.3x', '0.5x (kv: scan)', '2.1x (kv: get <100 B> & more)', ''],
      ['', 'lmdb', '0 of 1', '0.5x', '0.5x (kv: get <100 B> & more)', '0.5x (kv: get <100 B> & more)', ''],
    ]);
  });

  test('lists the budgets that are missed', () => {
    expect(budgetText(RESULTS)).toBe(
      'Of 2 budgets 1 are met. 1 are missed:\n\n' +
        '- kv: scan: 0.5x better-sqlite3 .all(); wanted at least 1.5x as fast',
    );
  });
});

describe('the 99.9th percentile', () => {
  test('is a column of the suites that have it', () => {
    const timed = entry('get', { ours: [10, 10], peer: [20, 20] }, {}, { ours: [1_500, 2_500] });
    const [heading = '', , first = '', second = ''] = tableOf(suite('kv', [timed])).split('\n');
    const column = heading.split('|').findIndex((cell) => cell.trim() === 'p99.9');
    expect(first.split('|')[column]?.trim()).toBe('2 µs');
    expect(second.split('|')[column]?.trim()).toBe('');
    expect(tableOf(suite('kv', [entry('get', { ours: [10] })]))).not.toContain('p99.9');
  });
});

describe('charts', () => {
  const draw = (name: string, results = RESULTS) => {
    const chart = chartsOf(results).find((each) => each.name === name);
    return (scheme: 'light' | 'dark') => chart?.draw(SCHEMES[scheme]) ?? '';
  };

  /** Where the mark of a series is, from the tips that browsers show. */
  const placeOf = (svg: string, tip: string) => {
    const [, x = ''] = new RegExp(`<(?:circle cx="|polygon points=")([\\d.]+)[^>]*><title>[^<]*${tip}`).exec(svg) ?? [];
    return Number(x);
  };

  test('have what is faster on the right of equal speed, and what is slower on the left', () => {
    const svg = draw('kv')('light');
    const axis = Number(new RegExp(`<line x1="([\\d.]+)"[^>]*stroke="${SCHEMES.light.axis}"`).exec(svg)?.[1]);
    expect(placeOf(svg, '2.1x as fast as better-sqlite3')).toBeGreaterThan(axis + 5);
    expect(placeOf(svg, '0.5x as fast as lmdb')).toBeLessThan(axis - 5);
  });

  test('differ in their colors only between the schemes', () => {
    const [light, dark] = [draw('summary')('light'), draw('summary')('dark')];
    expect(light).toContain(SCHEMES.light.background);
    expect(dark).toContain(SCHEMES.dark.background);
    const colorless = (svg: string) => svg.replaceAll(/#[0-9a-f]{6}/g, '');
    expect(colorless(light)).toBe(colorless(dark));
  });

  test('keep names from being markup', () => {
    expect(draw('kv')('light')).toContain('>get &lt;100 B&gt; &amp; more<');
  });

  test('of growth have a line for each contender, in the order of sizes', () => {
    const sized = (size: number, ours: number, peer: number) =>
      entry(
        `get, ${size}`,
        { kohakuvault: [ours], 'better-sqlite3, WITHOUT ROWID': [peer] },
        {
          growth: { of: 'get', size },
        },
      );
    const svg = draw('growth-by-size', [suite('growth', [sized(1_000, 10, 100), sized(1_000_000, 20, 100)])])('light');
    const lines = [...svg.matchAll(/<polyline points="([^"]+)"/g)].map(([, points = '']) =>
      points.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
    );
    expect(lines).toHaveLength(2);
    const [[first, second], [, flat]] = lines as [[[number, number], [number, number]], [unknown, [number, number]]];
    // Up is dear.
    expect(second[0]).toBeGreaterThan(first[0]);
    expect(second[1]).toBeLessThan(first[1]);
    expect(flat[1]).toBeLessThan(second[1]);
  });
});

describe('the page', () => {
  test('shows every chart that is written, in both schemes, and no others are left', () => {
    const folder = tempFolder();
    writeReport([suite('old', RESULTS[0]?.cases ?? [])], folder);
    const old = readFileSync(join(folder, 'benchmarks.md'), 'utf8');
    writeFileSync(join(folder, 'benchmarks.md'), old.replace(/## old.*<!-- \/suite -->\n/s, 'Words.\n'));
    writeReport(RESULTS, folder);
    const page = readFileSync(join(folder, 'benchmarks.md'), 'utf8');
    const shown = [...page.matchAll(/(?:srcset|src)="benchmarks\/([^"]+)"/g)].map(([, name]) => name);
    expect(shown.toSorted()).toEqual(readdirSync(join(folder, 'benchmarks')).toSorted());
    expect(shown.toSorted()).toEqual(['kv-dark.svg', 'kv-light.svg', 'summary-dark.svg', 'summary-light.svg']);
  });

  test('is what the kept results give', () => {
    const results = keptResults();
    const page = readFileSync(join(docs, 'benchmarks.md'), 'utf8');
    expect(pageOf(page, results), 'run `npx -y pnpm@12 bench --report`').toBe(page);
    for (const { name, draw } of chartsOf(results)) {
      for (const scheme of ['light', 'dark'] as const) {
        expect(readFileSync(join(docs, 'benchmarks', `${name}-${scheme}.svg`), 'utf8')).toBe(draw(SCHEMES[scheme]));
      }
    }
  });
});
