// A process that is killed while it writes leaves whole documents, and an index that agrees with them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TextVault } from '@kohakuvault/text';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

const WRITER = new URL('scripts/writes-until-killed.ts', import.meta.url).pathname;

test('kill -9 loses nothing that a call has returned', async () => {
  const file = tempFile();
  let confirmed = 0;
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ['--conditions=@kohakuvault/source', WRITER, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout)) {
      confirmed = Number(line);
      if (confirmed >= (round + 1) * 40) break;
    }
    child.kill('SIGKILL');
    await once(child, 'close');
    using vault = new TextVault<number>(file);
    const values = Array.from(vault, ([, , value]) => value);
    expect(values).toEqual(Array.from({ length: values.length }, (_, number) => number));
    expect(values.length).toBeGreaterThanOrEqual(confirmed);
    // Documents are written three at a time.
    expect(values.length % 3).toBe(0);
    expect(vault.count('document')).toBe(values.length);
    expect(vault.database.prepare('SELECT count(*) FROM text_vault_values').pluck().get()).toBe(values.length);
    vault.database.exec("INSERT INTO text_vault(text_vault, rank) VALUES ('integrity-check', 1)");
  }
});
