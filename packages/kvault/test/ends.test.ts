// What is pending when a program ends, in each way in which one can.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const PROGRAM = resolve(import.meta.dirname, 'scripts/ends.ts');

/** Runs the program to its end, with a signal if it waits for one. Returns how it has ended, and what the file has. */
async function ended(how: string, signal?: NodeJS.Signals) {
  const file = tempFile();
  const execArgv = ['--conditions=@kohakuvault/source'];
  const child = fork(PROGRAM, [file, how], { execArgv, silent: true });
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  if (signal) {
    await once(child, 'message');
    child.kill(signal);
  }
  const [status, by] = await once(child, 'close');
  using vault = new KVault(file);
  return { ending: by ?? status, output, errors, file, stored: Object.fromEntries(vault) };
}

test.each([
  ['the program ends', 0],
  ['process.exit', 0],
  ['an uncaught throw', 1],
  ['a rejection', 1],
  ['process.exit in snapshot', 0],
  ["the user's Database", 0],
  ['the vault was closed in a transaction', 0],
])('%s: what is pending is written', async (how, status) => {
  const { ending, stored, errors } = await ended(how);
  expect(stored).toEqual({ a: 1, b: 2 });
  expect(ending).toBe(status);
  expect(errors).not.toContain('kohakuvault:');
});

test('what an exit listener writes after ours is written at once', async () => {
  expect((await ended('a later exit listener writes')).stored).toEqual({ a: 1, b: 2, late: 3 });
});

test('a lock does not outlive the body that never returns', async () => {
  expect((await ended('process.exit in lockCache')).stored).toEqual({ a: 1, b: 2, c: 3 });
});

test.each(['process.exit in transaction', "the user's transaction"])(
  '%s: what was pending before it is written, and the rest undone with a message',
  async (how) => {
    const { ending, stored, errors, file } = await ended(how);
    expect(stored).toEqual({ a: 1, b: 2 });
    expect(errors).toContain(`kohakuvault: 1 pending write of ${file} lost: they were made in a transaction`);
    expect(ending).toBe(0);
  },
);

test.each([
  ['a Database that was closed past us', '1 pending write of', 'closed past the vaults'],
  ['a busy file', '2 pending writes of', 'DatabaseBusy'],
])('%s: says how many are lost, of which file and why, and does not succeed', async (how, count, why) => {
  const { ending, errors, file, stored } = await ended(how);
  expect(stored).toEqual({});
  expect(errors).toContain(`kohakuvault: ${count} ${file} lost: `);
  expect(errors).toContain(why);
  expect(ending).toBe(1);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'flushOnSignals: %s flushes, and ends the process',
  async (signal) => {
    const { ending, stored } = await ended('a signal without a handler', signal);
    expect(stored).toEqual({ a: 1, b: 2 });
    expect(ending).toBe(signal);
  },
);

test('flushOnSignals: a handler of the program finds everything flushed, and decides about the end', async () => {
  expect((await ended('a signal with a handler', 'SIGTERM')).ending).toBe(5);
});

test('flushOnSignals: nothing listens any more when the cache is disabled', async () => {
  const { ending, output } = await ended('a signal after the cache was disabled', 'SIGTERM');
  expect(ending).toBe('SIGTERM');
  expect(output).toBe('0\n');
});

test('a signal without flushOnSignals ends the process as ever, and loses what is pending', async () => {
  const { ending, stored } = await ended('a signal that nobody asked for', 'SIGTERM');
  expect(ending).toBe('SIGTERM');
  expect(stored).toEqual({});
});

test.each(['a worker', 'a worker that exits', 'a worker that throws'])('%s writes what is pending', async (how) => {
  const { ending, stored } = await ended(how);
  expect(stored).toEqual({ a: 1, b: 2 });
  expect(ending).toBe(0);
});

test('flushOnSignals is refused in a worker, which gets no signals', async () => {
  expect((await ended('signals in a worker')).output).toContain('flushOnSignals is for the main thread');
});
