// Writes that depend on what a key has, also when other processes write.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Json, KVault, type KVaultOptions, Pickle, Version } from '@kohakuvault/kvault';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../../tools/testing/src/thrown.ts';

function open(source: string | KVault = tempFile(), options?: KVaultOptions): KVault {
  const vault = new KVault(source, options);
  onTestFinished(() => vault.close());
  return vault;
}

const script = (name: string) => join(import.meta.dirname, 'scripts', name);

/** Runs a script in several processes at once. Returns what each printed. */
function inProcesses(count: number, name: string, ...args: string[]): Promise<string[]> {
  const run = (number: number) =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(
        process.execPath,
        ['--conditions=@kohakuvault/source', script(name), ...args, String(number)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += chunk;
      });
      child.on('close', (code) =>
        code === 0 ? resolve(printed.trim()) : reject(new Error(`${name} ended with ${code}`)),
      );
    });
  return Promise.all(Array.from({ length: count }, (_, number) => run(number)));
}

const CACHES: Record<string, (kv: KVault) => void> = {
  'without a cache': () => {},
  'with a cache': (kv) => kv.enableCache({ autoFlush: false }),
};

describe.each(Object.entries(CACHES))('%s', (_, prepare) => {
  test('a version tells which value a key had, and a key that does not exist has one', () => {
    const kv = open();
    prepare(kv);
    const none = kv.getWithVersion('a');
    expect(none.value).toBeUndefined();
    expect(kv.compareAndSet('a', none.version, 1)).toBe(true);
    expect(kv.compareAndSet('a', none.version, 2)).toBe(false);
    const one = kv.getWithVersion('a');
    expect(one.value).toBe(1);
    kv.set('a', 2);
    expect(kv.compareAndSet('a', one.version, 3)).toBe(false);
    expect(kv.get('a')).toBe(2);
    kv.set('a', 1);
    expect(kv.compareAndSet('a', one.version, 3)).toBe(true);
    expect(kv.get('a')).toBe(3);
    // The text of a version is enough, as for an ETag.
    const kept = JSON.parse(JSON.stringify({ etag: kv.getWithVersion('a').version })) as { etag: string };
    expect(kv.compareAndSet('a', new Version(kept.etag), undefined)).toBe(true);
    expect(kv.has('a')).toBe(false);
    expect(kv.compareAndSet('a', kv.getWithVersion('a').version, undefined)).toBe(true);
  });

  test('a value is compared as what it is, however it was stored', () => {
    const kv = open();
    prepare(kv);
    const value = { name: 'Ada', born: 1815, tags: ['x', new Map([[1, 2]])], when: new Date(0), half: -0 };
    kv.set('a', value);
    expect(kv.compareAndSet('a', { ...value, half: 0 }, 1)).toBe(false);
    expect(
      kv.compareAndSet('a', Object.fromEntries(Object.entries(structuredClone(value)).toReversed()), { a: 1, b: 2 }),
    ).toBe(true);
    kv.set('a', new Pickle({ b: 2, a: 1 }));
    expect(kv.compareAndSet('a', new Json({ a: 1, b: 2 }), Buffer.from('bytes'))).toBe(true);
    expect(kv.compareAndSet('a', Uint8Array.from(Buffer.from('bytes')), 5)).toBe(true);
    expect(kv.compareAndSet('a', 5n, 6)).toBe(false);
    expect(kv.compareAndSet('a', undefined, 6)).toBe(false);
    expect(kv.compareAndSet('b', undefined, 6)).toBe(true);
    expect(kv.compareAndSet('c', 6, 7)).toBe(false);
    expect([...kv]).toEqual([
      ['a', 5],
      ['b', 6],
    ]);
  });

  test('setIfAbsent and increment', () => {
    const kv = open();
    prepare(kv);
    expect([kv.setIfAbsent('a', 1), kv.setIfAbsent('a', 2), kv.get('a')]).toEqual([true, false, 1]);
    expect([kv.increment('n'), kv.increment('n', 5), kv.increment('n', -0.5)]).toEqual([1, 6, 5.5]);
    expect([kv.increment('big', 2n ** 60n), kv.increment('big', 1n), kv.get('big')]).toEqual([
      2n ** 60n,
      2n ** 60n + 1n,
      2n ** 60n + 1n,
    ]);
  });

  test('another vault sees them at once, also before a flush, and what was pending for the key', () => {
    const file = tempFile();
    const kv = open(file);
    prepare(kv);
    kv.set('n', 5).set('other', 1);
    kv.increment('n');
    kv.compareAndSet('c', undefined, 1);
    kv.setIfAbsent('s', 1);
    const seen = open(file, { readonly: true });
    expect([seen.get('n'), seen.get('c'), seen.get('s')]).toEqual([6, 1, 1]);
  });

  test('are undone with the transaction around them', () => {
    const kv = open();
    kv.set('n', 5);
    prepare(kv);
    kv.set('p', 1);
    const undone = new Error('undone');
    expect(() =>
      kv.transaction(() => {
        kv.increment('n');
        kv.increment('p');
        kv.setIfAbsent('s', 1);
        kv.compareAndSet('p', 2, undefined);
        expect(Object.fromEntries(kv)).toEqual({ n: 6, s: 1 });
        throw undone;
      }),
    ).toThrow(undone);
    expect(Object.fromEntries(kv)).toEqual({ n: 5, p: 1 });
  });

  test('an entry keeps its time when it is incremented; another write gives it one of its own', () => {
    const kv = open();
    prepare(kv);
    const hours = (key: string) => Math.round((kv.ttlOf(key) ?? Number.NaN) / 3_600_000);
    kv.increment('n', 1, { ttl: 3_600_000 });
    kv.increment('n', 1, { ttl: 9_000_000_000 });
    expect([kv.get('n'), hours('n')]).toEqual([2, 1]);
    kv.compareAndSet('n', 2, 3);
    expect(hours('n')).toBe(Number.POSITIVE_INFINITY);
    kv.compareAndSet('n', 3, 4, { ttl: 7_200_000 });
    expect(hours('n')).toBe(2);
    const soon = Date.now() + 20;
    kv.set('n', 5, { expiresAt: soon });
    const before = kv.getWithVersion('n');
    while (Date.now() < soon);
    expect(kv.compareAndSet('n', before.version, 6)).toBe(before.value === undefined);
    expect(kv.delete('n')).toBe(before.value === undefined);
    expect([kv.increment('n'), kv.setIfAbsent('n', 7)]).toEqual([1, false]);
  });
});

test('a value in parts has a version too', () => {
  const kv = open(tempFile(), { maxBlobBytes: 1_000 });
  const long = Buffer.alloc(5_000, 'long');
  kv.set('a', long);
  const { value, version } = kv.getWithVersion('a');
  expect(value).toEqual(long);
  kv.set('a', long);
  expect(kv.compareAndSet('a', version, Buffer.alloc(6_000))).toBe(true);
  expect(kv.compareAndSet('a', Buffer.alloc(6_000), 'short')).toBe(true);
  expect(kv.get('a')).toBe('short');
});

test.each(['msgpack', 'cbor', 'json', 'utf8', 'binary'])('in a table encoded as %s', (valueEncoding) => {
  const kv = open(tempFile(), { valueEncoding: valueEncoding as 'json' });
  const [one, two] = { utf8: ['1', '2'], binary: [Buffer.of(1), Buffer.of(2)] }[valueEncoding] ?? [{ a: 1 }, { a: 2 }];
  expect(kv.setIfAbsent('a', one)).toBe(true);
  expect([kv.compareAndSet('a', two, one), kv.compareAndSet('a', one, two), kv.get('a')]).toEqual([false, true, two]);
  const { version } = kv.getWithVersion('a');
  expect([kv.compareAndSet('a', version, one), kv.compareAndSet('a', version, one)]).toEqual([true, false]);
});

test('bad input is refused, and changes nothing', () => {
  const kv = open();
  kv.set('text', 'a').set('n', Number.MAX_SAFE_INTEGER).set('big', 1n);
  const refused: [() => unknown, RegExp][] = [
    [() => kv.increment('text'), /increment of "text" in kv by 1: the value is "a"; expected a number/],
    [() => kv.increment('n'), /is not exact as a number; set it to a bigint/],
    [() => kv.increment('n', Number.POSITIVE_INFINITY), /expects by to be a finite number or a bigint, got Infinity/],
    [() => kv.increment('n', '1' as never), /got "1"/],
    [() => kv.increment('n', 1n), /expected a bigint/],
    [() => kv.increment('big'), /expected a number/],
    [() => kv.compareAndSet('n', Symbol('s') as never, 1), /Symbol\(s\) cannot be stored/],
    [() => kv.compareAndSet('n', 1, () => 1), /the value for "n"/],
    [() => kv.setIfAbsent('new', 1, { ttl: -1 }), /setIfAbsent expects ttl/],
    [() => new Version('made up'), /the version is "made up"; expected the text of a version that a vault gave/],
    [() => new Version(5 as never), /the version is 5/],
  ];
  const before = Object.fromEntries(kv);
  for (const [call, message] of refused) expect(thrownBy(call).message).toMatch(message);
  expect(Object.fromEntries(kv)).toEqual(before);
  const readonly = open(kv.path, { readonly: true });
  for (const call of [() => readonly.increment('n'), () => readonly.compareAndSet('n', 1, 2)]) {
    expect(codeOf(call)).toBe('KV_READONLY');
  }
  expect(codeOf(() => kv.snapshot(() => kv.setIfAbsent('a', 1)))).toBe('KV_READONLY');
  expect(readonly.getWithVersion('big').value).toBe(1n);
});

test('increments and swaps of several processes lose nothing', async () => {
  const file = tempFile();
  open(file).set('swapped', [] as number[]);
  await inProcesses(4, 'increments.ts', file, '100');
  using kv = new KVault(file);
  expect(kv.get('counter')).toBe(400);
  const swapped = kv.getOrThrow('swapped') as string[];
  expect(swapped.toSorted()).toEqual(
    Array.from({ length: 4 }, (_, number) => Array.from({ length: 100 }, (_, at) => `${number} ${at}`))
      .flat()
      .toSorted(),
  );
});

test('of several processes one sets a key that is absent, or has expired', async () => {
  const file = tempFile();
  const kv = open(file);
  for (let round = 0; round < 50; round += 2) kv.set(`lock ${round}`, 'before', { ttl: 3_600_000 });
  kv.database.exec('UPDATE kohakuvault_expiry_kv SET expires_at = 1, due_at = 1');
  const printed = await inProcesses(4, 'locks.ts', file, '50');
  const won = printed.flatMap((line) => JSON.parse(line) as number[]);
  expect(won.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, round) => round));
});
