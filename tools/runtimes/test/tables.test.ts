// The pages belong to the results, and the results are explained.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultOf } from '../src/run-tests.ts';
import { pagesWithTables, unexplained } from '../src/tables.ts';

const root = join(import.meta.dirname, '../../..');

test('the tables in the pages are those of the results', () => {
  for (const [file, page] of pagesWithTables()) {
    expect(readFileSync(join(root, file), 'utf8'), `${file}: run tools/runtimes/src/write-tables.ts`).toBe(page);
  }
});

test('every test that does not pass on a runtime is explained, and every explanation is needed', () => {
  expect(unexplained()).toEqual({ failures: [], differences: [] });
});

test('a test that ends its process fails with how it ended, and so do those after it', () => {
  const lines = [{ tests: ['one', 'two', 'three'] }, { begins: 'one' }, { ends: 'one' }, { begins: 'two' }];
  expect(resultOf(lines, 'the process ended with SIGSEGV', '/folder')).toEqual({
    passed: 1,
    failed: { two: 'the process ended with SIGSEGV', three: 'not run: a test before it ended the process' },
  });
});

test('results name no folder of the machine', () => {
  const temporary = join(tmpdir(), 'some');
  const failure = `${root}/node_modules/x read /folder/a.ts and ${temporary}`;
  expect(resultOf([{ ends: 'one', failure }, { over: true }], '', '/folder').failed).toEqual({
    one: '<repository>/node_modules/x read ./a.ts and <temporary folder>/some',
  });
});

test('a file that registers no test fails as a whole', () => {
  expect(resultOf([], 'the process ended with 1: in /folder/a.ts', '/folder')).toEqual({
    passed: 0,
    failed: { '(the file)': 'the process ended with 1: in ./a.ts' },
  });
});
