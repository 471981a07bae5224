import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { ENVIRONMENT, program } from '../../src/kit.ts';

const COUNT = 500;

export function oneFile(python: string): void {
  test(`both write ${COUNT} keys at the same time, and none is lost`, async () => {
    const file = tempFile();
    // Both find the table: which of two creates it first is not the subject of this test.
    new KVault(file).close();
    const theirs = spawn(python, [program('put_many.py'), file, String(COUNT)], { env: ENVIRONMENT });
    const ours = fork(join(import.meta.dirname, '..', 'scripts', 'put-many.ts'), [file, String(COUNT)], {
      execArgv: ['--conditions=@kohakuvault/source'],
      silent: true,
    });
    const ended = [endOf(theirs), endOf(ours)];
    await Promise.all([once(theirs.stdout, 'data'), once(ours, 'message')]);
    theirs.stdin.write('go\n');
    ours.send('go');
    expect(await Promise.all(ended)).toEqual(['', '']);

    using vault = new KVault(file);
    expect(vault.size).toBe(2 * COUNT);
    for (const from of ['python', 'node']) {
      const values = [...vault.values({ prefix: `${from} ` })];
      expect(values).toEqual(Array.from({ length: COUNT }, (_, index) => ({ from, index })));
    }
    expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  });
}

/**
 * Returns what a process wrote to standard error, once it has ended. If it failed and wrote nothing, returns its
 * status.
 */
async function endOf(child: ChildProcess): Promise<string> {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const [status, signal] = await once(child, 'close');
  return errors || (status === 0 ? '' : `ended with ${signal ?? `status ${status}`}`);
}
