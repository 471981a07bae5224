import { expect, test } from 'vitest';
import { Random } from '../../testing/src/random.ts';
import type { Kind } from '../src/control.ts';
import { Disk } from '../src/disk.ts';

const call = (kind: Kind, offset = 0, data = '', path = '/file') => ({ kind, path, offset, data: Buffer.from(data) });

function diskAfter(...calls: ReturnType<typeof call>[]): Disk {
  const disk = new Disk();
  for (const one of calls) disk.carryOut(one);
  return disk;
}

const textsOf = ({ files }: ReturnType<Disk['cut']>) =>
  Object.fromEntries([...files].map(([path, content]) => [path, content.toString()]));

test('what was synced survives every cut, and later writes survive only if they are kept', () => {
  const disk = diskAfter(call('open'), call('write', 0, 'synced'), call('sync'), call('write', 2, 'and more'));
  expect(textsOf(disk.cut('dropped', new Random(1)))).toEqual({ '/file': 'synced' });
  expect(textsOf(disk.cut('kept', new Random(1)))).toEqual({ '/file': 'syand more' });
});

test('a torn write leaves some of its sectors', () => {
  const before = 'a'.repeat(2_048);
  const disk = diskAfter(call('open'), call('write', 0, before), call('sync'), call('write', 0, 'b'.repeat(2_048)));
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const { '/file': text = '' } = textsOf(disk.cut('torn', new Random(seed)));
    for (let at = 0; at < 2_048; at += 512) expect(text.slice(at, at + 512)).toMatch(/^(a{512}|b{512})$/);
    seen.add(text);
  }
  expect(seen).toContain(before);
  expect(seen).toContain('b'.repeat(2_048));
  expect(seen.size).toBeGreaterThan(8);
});

test('a new length is durable with the next sync', () => {
  const calls = [call('open'), call('write', 0, 'a long text'), call('sync'), call('resize', 6)];
  expect(textsOf(diskAfter(...calls).cut('dropped', new Random(1)))).toEqual({ '/file': 'a long text' });
  expect(textsOf(diskAfter(...calls, call('sync')).cut('dropped', new Random(1)))).toEqual({ '/file': 'a long' });
});

test('a removed file may be back until something is synced', () => {
  const calls = [call('open'), call('write', 0, 'text'), call('sync'), call('unlink')];
  const cut = diskAfter(...calls).cut('dropped', new Random(1));
  expect(textsOf(cut)).toEqual({ '/file': 'text' });
  expect(cut.restored).toEqual(['/file']);
  expect(textsOf(diskAfter(...calls, call('sync', 0, '', '/')).cut('dropped', new Random(1)))).toEqual({});
});
