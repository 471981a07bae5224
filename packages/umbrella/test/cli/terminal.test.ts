import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';
import { output, run, start } from '../support/command-line.ts';
import { fingerprint, recorded } from '../support/recorded.ts';

const ESCAPE = '\u001b[';

test('no colors in a pipe unless --color is given, and none with NO_COLOR', async () => {
  const file = recorded('mixed-0.8.6.db');
  expect(await output(['inspect', file])).not.toContain(ESCAPE);
  expect(await output(['inspect', file, '--color'])).toContain(ESCAPE);
  expect(await output(['inspect', file, '--color', '--no-color'])).not.toContain(ESCAPE);
  expect(await output(['inspect', file], { env: { NO_COLOR: '1' } })).not.toContain(ESCAPE);
});

test('lines are not wider than the terminal', async () => {
  const file = join(tempFolder(), 'wide.db');
  {
    using vault = new KVault(file, { table: 'a table with a rather long name, as some programs give them' });
    vault.set(`a key that goes on ${'and on '.repeat(20)}`, 1);
    vault.set('日本語のとても長い鍵'.repeat(5), 1);
  }
  for (const command of ['inspect', 'ls']) {
    const text = await output([command, file], { env: { COLUMNS: '40' } });
    const body = text.split('\n').slice(command === 'inspect' ? 2 : 0);
    for (const line of body) expect(line.length).toBeLessThanOrEqual(40);
    expect(text).toContain('…');
    expect(await output([command, file])).not.toContain('…');
  }
});

test('the text of a key cannot control the terminal', async () => {
  const file = join(tempFolder(), 'hostile.db');
  {
    using vault = new KVault(file);
    vault.set('\u001b[2J\u001b]0;title\u0007\r\nkey\u202e', 1);
  }
  const everything = [await output(['ls', file]), await output(['ls', file, '-l']), await output(['verify', file])];
  everything.push((await run(['get', file, '\u001b[2Jno'])).stderr);
  for (const text of everything) {
    for (const character of ['\u001b', '\u0007', '\r', '\u202e']) expect(text).not.toContain(character);
  }
  expect(everything[0]).toBe('\\u001b[2J\\u001b]0;title\\u0007\\r\\nkey\\u202e\n');
});

describe('a reader that goes away', () => {
  function long(): string {
    const file = join(tempFolder(), 'long.db');
    using vault = new KVault(file);
    vault.setMany(Array.from({ length: 20_000 }, (_, index) => [`key:${index}`, { index }] as const));
    vault.set('bytes', Buffer.alloc(8_000_000, 1));
    return file;
  }

  test('ends the command silently, and leaves nothing beside the file', async () => {
    const file = long();
    const before = fingerprint(dirname(file));
    const commands = [
      ['ls', '--json'],
      ['get', 'bytes'],
      ['export', '-', '--format', 'ndjson'],
    ];
    for (const [command = '', ...rest] of commands) {
      const child = start([command, file, ...rest]);
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const closed = once(child, 'close');
      await once(child.stdout, 'data');
      child.stdout.destroy();
      expect([command, ...(await closed)]).toEqual([command, 0, null]);
      expect(stderr).toBe('');
      expect(fingerprint(dirname(file))).toEqual(before);
    }
  });
});
