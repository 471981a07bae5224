// A process reads through mapped memory while another one writes, truncates the WAL and rewrites the file.
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../../testing/src/temp.ts';
import { Program } from '../support/processes.ts';

const KEYS = Array.from({ length: 20 }, (_, index) => `key ${index}`);
const ROUNDS = 30;

test('mapped memory, TRUNCATE checkpoints and VACUUM: every snapshot of the other process is of one state', async () => {
  const file = tempFile();
  const vault = new KVault(file, { mmapSize: 256 * 1024 * 1024 });
  const write = (round: number) =>
    vault.setMany(KEYS.map((key) => [key, Buffer.alloc(1_000 + ((round * 37) % 50) * 2_000, round)]));
  write(0);
  const reader = new Program('maps.ts', [file]);
  expect(await reader.message()).toBe('began');
  let again: unknown;
  void reader.message().then((said) => {
    again = said;
  });
  let round = 0;
  while (round < ROUNDS || again === undefined) {
    write(++round);
    // Others may read at the moment: then a checkpoint moves what it can, and VACUUM waits.
    vault.checkpoint('truncate');
    vault.database.exec('VACUUM');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(again).toBe('goes on');
  reader.child.send('stop');
  const told = (await reader.message()) as { rounds: number; problem?: string };
  expect(told.problem).toBeUndefined();
  expect(told.rounds).toBeGreaterThan(1);
  expect(vault.database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(vault.get('key 7')).toEqual(Buffer.alloc(1_000 + ((round * 37) % 50) * 2_000, round));
  vault.close();
});
