import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { message, next, open, shown, start, startWorker, traces, untilEnd } from './support.ts';

const here = import.meta.dirname;

/** What a watching process sends of a change. */
interface Sent {
  readonly change: string;
  readonly position: string;
  readonly value: unknown;
}

describe('changes of other threads and processes', () => {
  test('come each once, and those of one writer in its order', async () => {
    const file = tempFile();
    const vault = open(file);
    const watch = vault.watch();
    const children = ['one', 'two'].map((name) => start(here, 'writer.ts', [file, name, '200']));
    const worker = startWorker(here, 'writer.ts', [file, 'worker', '200']);
    await Promise.all([...children.map((child) => once(child, 'exit')), once(worker, 'exit')]);
    vault.set('end', 0);
    const found = await untilEnd(watch);
    for (const name of ['one', 'two', 'worker']) {
      const own = found.filter((change) => change.startsWith(`+ ${name} `));
      expect(own).toEqual(Array.from({ length: 200 }, (_, nth) => `+ ${name} ${nth}`));
    }
    expect(found).toHaveLength(600);
  });

  test('wake a watcher in another process', async () => {
    const file = tempFile();
    const vault = open(file);
    const watcher = start(here, 'watcher.ts', [file]);
    expect(await message(watcher)).toBe('watches');
    for (let nth = 0; nth < 5; nth++) {
      const sent = message(watcher) as Promise<Sent>;
      vault.set(`key ${nth}`, nth);
      expect(await sent).toMatchObject({ change: `+ key ${nth}`, value: nth });
    }
  });
});

describe('a watcher that is killed', () => {
  test('leaves triggers until anybody opens the file', async () => {
    const file = tempFile();
    const vault = open(file);
    const watcher = start(here, 'watcher.ts', [file]);
    await message(watcher);
    expect(traces(file)).toContain('kohakuvault_changes_kv_insert');
    watcher.kill('SIGKILL');
    await once(watcher, 'exit');
    vault.set('a', 1);
    expect(traces(file)).toContain('kohakuvault_changes_kv_insert');
    open(file, { table: 'other' });
    expect(traces(file)).toEqual([]);
    vault.set('b', 1);
  });

  test('does not end the log of the others', async () => {
    const file = tempFile();
    const vault = open(file);
    const watcher = start(here, 'watcher.ts', [file]);
    await message(watcher);
    const watch = vault.watch();
    watcher.kill('SIGKILL');
    await once(watcher, 'exit');
    vault.set('a', 1);
    open(file, { table: 'other' });
    vault.set('b', 1);
    expect(shown(await next(watch, 2))).toEqual(['+ a', '+ b']);
    await watch.return();
    expect(traces(file)).toEqual([]);
  });

  test('goes on from its position when it is started again, and misses nothing', async () => {
    const file = tempFile();
    const vault = open(file);
    const first = start(here, 'watcher.ts', [file, 'keep', '60000']);
    await message(first);
    const sent = message(first) as Promise<Sent>;
    vault.set('seen', 1);
    const { position } = await sent;
    first.kill('SIGKILL');
    await once(first, 'exit');
    vault.set('missed', 1);
    open(file, { table: 'other' });
    vault.set('missed too', 1);
    const again = start(here, 'watcher.ts', [file, 'since', position]);
    const changes = [await message(again), await message(again), await message(again)];
    expect(changes).toMatchObject(['watches', { change: '+ missed' }, { change: '+ missed too' }]);
  });
});

test('listeners keep no process running', async () => {
  const child = start(here, 'listens.ts', [tempFile()]);
  expect(await once(child, 'exit')).toEqual([0, null]);
});
