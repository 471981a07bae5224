import { describe, expect, test } from 'vitest';
import { withIntroduction, withTable } from '../src/report.ts';
import { caseResult, type SuiteResult } from '../src/results.ts';
import type { Measured } from '../src/rounds.ts';
import { median } from '../src/statistics.ts';
import type { Budget, Case } from '../src/suite.ts';
import { wrapped } from '../src/table.ts';
import { format, type Unit } from '../src/units.ts';

function results(unit: Unit, budgets: Budget[], numbers: Record<string, number[] | string>) {
  const entry: Case = { name: 'a case', unit, budgets, contenders: {} };
  const measured = Object.entries(numbers).map(([contender, values]): Measured => {
    const given = { case: entry, contender, tails: [] };
    return typeof values === 'string' ? { ...given, values: [], problem: { notRun: values } } : { ...given, values };
  });
  return caseResult(entry, measured);
}

describe('ratios', () => {
  test('are made within each round, so that a slow round does not count', () => {
    const { contenders } = results('ns', [], { ours: [10, 100, 10], peer: [30, 310, 29] });
    expect(contenders[1]?.speed).toEqual({ median: 3, min: 2.9, max: 3.1 });
  });

  test('give the speed-up of ours, whichever way the unit counts', () => {
    expect(results('ns', [], { ours: [10], peer: [20] }).contenders[1]?.speed?.median).toBe(2);
    expect(results('bytes/s', [], { ours: [10], peer: [20] }).contenders[1]?.speed?.median).toBe(0.5);
  });
});

describe('budgets', () => {
  test.each<[string, Unit, Budget, 'met' | 'missed', number]>([
    ['at least, of speed', 'ns', { against: 'peer', atLeast: 2 }, 'met', 2],
    ['at least, of speed', 'ns', { against: 'peer', atLeast: 2.5 }, 'missed', 2],
    ['at least, of a rate', 'bytes/s', { against: 'peer', atLeast: 0.5 }, 'met', 0.5],
    ['at most, of cost', 'ns', { against: 'peer', atMost: 0.5 }, 'met', 0.5],
    ['at most, of cost', 'ns', { against: 'peer', atMost: 0.4 }, 'missed', 0.5],
    ['at most, of the number itself', 'bytes', { atMost: 10 }, 'met', 10],
    ['at most, of the number itself', 'bytes', { atMost: 9 }, 'missed', 10],
  ])('%s (%s, %o): %s', (_, unit, budget, verdict, reached) => {
    const { budgets } = results(unit, [budget], { ours: [10], peer: [20] });
    expect(budgets).toEqual([{ ...budget, verdict, reached }]);
  });

  test('are not checked against a contender that did not run', () => {
    const budget = { against: 'peer', atLeast: 1 };
    const { budgets, contenders } = results('ns', [budget], { ours: [10], peer: 'it is not installed' });
    expect(budgets).toEqual([{ ...budget, verdict: 'not checked' }]);
    expect(contenders[1]).toEqual({ name: 'peer', values: [], notRun: 'it is not installed' });
  });

  test('must name a contender', () => {
    expect(() => results('ns', [{ against: 'pear', atLeast: 1 }], { ours: [10] })).toThrow(/pear/);
  });
});

test('median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('format', () => {
  expect(format('ns', 4_531)).toBe('4.53 µs');
  expect(format('ns', 0.25)).toBe('0.25 ns');
  expect(format('bytes', 64 * 2 ** 20)).toBe('64 MiB');
});

test('a report keeps the text around its tables', () => {
  const machine = { cpu: 'c', cores: 1, memoryGiB: 1, os: 'o', node: 'n', sqlite: 's', packages: {}, load: 0 };
  const run = { date: '2026-01-01', rounds: 5, quick: false, machine, cases: [] };
  const first: SuiteResult = { suite: 'first', about: 'Old.', ...run };
  const text = withTable(withTable('# Title\n', first), { suite: 'second', about: 'Other.', ...run });
  const renewed = withTable(`${text}\nLast words.\n`, { ...first, about: 'New.' });
  expect(renewed).toContain('New.');
  expect(renewed).not.toContain('Old.');
  expect(renewed).toMatch(/^# Title\n.*Other\..*Last words\.\n$/s);
});

test('a report renews its introduction and keeps the suites', () => {
  const suites = '## first\n\n<!-- suite: first -->\n\nA table.\n\n<!-- /suite -->\n';
  const renewed = withIntroduction(`# Old title\n\n## The method\n\nOld words.\n\n${suites}`);
  expect(renewed.endsWith(suites)).toBe(true);
  expect(renewed).not.toContain('Old');
  expect(withIntroduction(renewed)).toBe(renewed);
});

test('paragraphs are wrapped at 120 characters', () => {
  const lines = wrapped(`- ${'word '.repeat(50).trim()}`, '  ').split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(lines.slice(1).every((line) => line.startsWith('  word'))).toBe(true);
});
