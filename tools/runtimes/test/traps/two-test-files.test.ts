// The runtime's own test runner, with two files of tests in one process.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CONDITIONS } from '../../../tasks/built.ts';
import { tempFile } from '../../../testing/src/temp.ts';
import { program } from '../support/processes.ts';

const FILES = ['first_test.ts', 'second_test.ts'].map((name) => join(program('two-files'), name));

/** How the runtime runs files of tests in one process. */
function runner(): string[] {
  if (process.versions.bun !== undefined) return ['test', ...FILES];
  if (process.versions.deno !== undefined) return ['test', '--allow-all', '--no-check', '--quiet', ...FILES];
  const option = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  return [...CONDITIONS, '--no-warnings', '--test', `${option}=none`, '--test-reporter=tap', ...FILES];
}

test('two files of tests in one process, run by the runtime itself', async () => {
  const file = tempFile();
  // Node refuses to run tests inside a process that it takes for a test.
  const { NODE_TEST_CONTEXT: _context, VITEST: _vitest, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, runner(), {
    env: { ...env, TWO_FILES: file },
  });
  const processes = readFileSync(`${file}.passed`, 'utf8').trim().split('\n');
  expect(processes.length, `${stdout}${stderr}`).toBe(2);
  expect(new Set(processes).size).toBe(1);
});
