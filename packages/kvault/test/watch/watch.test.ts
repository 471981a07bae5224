import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../../tools/testing/src/thrown.ts';
import { failureCode, reasonOf } from '../streams/support.ts';
import { next, open, shown, traces, untilEnd } from './support.ts';

const long = Buffer.alloc(300, 'long');

describe('what is a change', () => {
  /** What a vault does, and the changes that follow. The vault has a=1, b=2, c=3. */
  const CASES: Record<string, [(vault: KVault) => unknown, string[]]> = {
    'set of a new key': [(vault) => vault.set('d', 4), ['+ d']],
    'set of a key that exists': [(vault) => vault.set('a', 4), ['+ a']],
    'the same value again': [(vault) => vault.set('a', 1), ['+ a']],
    'setMany, in the order of keys': [
      (vault) =>
        vault.setMany([
          ['f', 1],
          ['a', 2],
        ]),
      ['+ a', '+ f'],
    ],
    update: [(vault) => vault.update({ e: 1 }), ['+ e']],
    setDefault: [(vault) => [vault.setDefault('a', 5), vault.setDefault('d', 5)], ['+ d']],
    delete: [(vault) => vault.delete('b'), ['- b']],
    'delete of a key that is not there': [(vault) => vault.delete('x'), []],
    deleteMany: [(vault) => vault.deleteMany(['a', 'x', 'c']), ['- a', '- c']],
    deleteRange: [(vault) => vault.deleteRange({ gte: 'b' }), ['- b', '- c']],
    pop: [(vault) => vault.pop('a'), ['- a']],
    clear: [(vault) => vault.clear(), ['- a', '- b', '- c']],
    rename: [(vault) => vault.rename('a', 'z'), ['- a', '+ z']],
    'rename onto another key': [(vault) => vault.rename('a', 'b'), ['- b', '- a', '+ b']],
    'a value in parts': [(vault) => vault.set('d', long), ['+ d']],
    'a value in parts, and its end': [
      (vault) => {
        vault.set('d', long);
        vault.set('d', 1);
        vault.delete('d');
      },
      ['+ d', '+ d', '- d'],
    ],
    putFile: [(vault) => vault.putFile('d', Buffer.from('short')), ['+ d']],
    'putFile in parts': [(vault) => vault.putFile('d', long), ['+ d']],
    'putFile of an iterable': [(vault) => vault.putFile('d', [long, long]), ['+ d']],
    'a write stream': [
      (vault) =>
        new Promise<void>((resolve, reject) => {
          vault
            .createWriteStream('d')
            .on('error', reject)
            .end(long, () => resolve());
        }),
      ['+ d'],
    ],
    'openBlob, in a row and in parts': [
      (vault) => {
        for (const bytes of [Buffer.from('short'), long]) {
          vault.set('d', bytes);
          using blob = vault.openBlob('d', { writable: true });
          blob.write(0, Buffer.from('S'));
          blob.read(0, 1);
        }
      },
      ['+ d', '+ d', '+ d', '+ d'],
    ],
    'a cache, when it is flushed': [
      (vault) =>
        vault.cache(() => {
          vault.set('d', 1);
          vault.set('d', 2);
          vault.delete('a');
        }),
      ['- a', '+ d'],
    ],
    'a transaction that is rolled back': [
      (vault) => {
        try {
          vault.transaction(() => {
            vault.set('d', 1);
            throw new Error('no');
          });
        } catch {}
      },
      [],
    ],
    'a savepoint that is rolled back': [
      (vault) =>
        vault.transaction(() => {
          vault.set('d', 1);
          try {
            vault.transaction(() => {
              vault.set('e', 1);
              throw new Error('no');
            });
          } catch {}
          vault.set('f', 1);
        }),
      ['+ d', '+ f'],
    ],
    'pending writes of a transaction that is rolled back': [
      (vault) => {
        vault.enableCache();
        vault.set('d', 1);
        vault.database.exec('BEGIN');
        vault.set('e', 1);
        vault.flushCache();
        vault.database.exec('ROLLBACK');
        vault.disableCache();
      },
      ['+ d'],
    ],
    'SQL of the user': [
      (vault) => {
        vault.database.exec("INSERT OR REPLACE INTO kv VALUES (CAST('a' AS BLOB), x'00')");
        vault.database.exec("UPDATE kv SET key = CAST('y' AS BLOB) WHERE key = CAST('b' AS BLOB)");
        vault.database.exec("DELETE FROM kv WHERE key = CAST('c' AS BLOB)");
        vault.database.exec("INSERT OR IGNORE INTO kv VALUES (CAST('a' AS BLOB), x'00')");
      },
      ['+ a', '- b', '+ y', '- c'],
    ],
    'keys that no vault finds': [
      (vault) => {
        vault.database.exec("INSERT INTO kv VALUES ('text', x'00'), (5, x'00')");
        vault.database.exec("UPDATE kv SET key = x'7a' WHERE key = 5");
        vault.database.exec("DELETE FROM kv WHERE key = 'text'");
      },
      ['+ z'],
    ],
    'compact, which moves rows': [
      (vault) => {
        vault.delete('a');
        vault.set('a', 1);
        vault.compact();
        vault.set('b', 1);
      },
      ['- a', '+ a', '+ b'],
    ],
  };

  test.each(Object.entries(CASES))('%s', async (_, [change, expected]) => {
    const file = tempFile();
    const vault = open(file, { maxBlobBytes: 256 });
    vault.update({ a: 1, b: 2, c: 3 });
    const watch = vault.watch();
    await change(vault);
    vault.set('end', 0);
    expect(await untilEnd(watch)).toEqual(expected);
    await watch.return();
    expect(traces(file)).toEqual([]);
  });

  test('a key with its value on demand: the one that it has then', async () => {
    const vault = open(tempFile());
    const watch = vault.watch();
    vault.set('a', { n: 1 });
    vault.set('b', 2);
    vault.delete('b');
    const [a, b, gone] = await next(watch, 3);
    expect([a?.kind, a?.key, a?.value()]).toEqual(['set', 'a', { n: 1 }]);
    vault.set('a', 3);
    expect([a?.value(), b?.value(), gone?.kind]).toEqual([3, undefined, 'delete']);
  });

  test('keys of a range only, and bytes for a vault with such keys', async () => {
    const vault = open(tempFile(), { keyEncoding: 'bytes' });
    const [users, two, some] = [
      vault.watch({ prefix: 'user:' }),
      vault.watch('user:2'),
      vault.watch({ gt: 'a', lte: 'user:1' }),
    ];
    vault.setMany(['a', 'b', 'user:1', 'user:2', 'z'].map((key) => [key, 1]));
    vault.set('user:2end', 1);
    vault.set('b', 2);
    const found = await next(users, 3);
    expect(shown(found)).toEqual(['+ user:1', '+ user:2', '+ user:2end']);
    expect(shown(await next(two, 2))).toEqual(['+ user:2', '+ user:2end']);
    expect(shown(await next(some, 3))).toEqual(['+ b', '+ user:1', '+ b']);
    expect(found.every(({ key }) => Buffer.isBuffer(key))).toBe(true);
  });
});

describe('whose changes', () => {
  test('those of vaults on the same connection, on others, and on tables beside it', async () => {
    const file = tempFile();
    const vault = open(file);
    const watch = vault.watch();
    const same = open(file);
    const database = new Database(file);
    const other = new KVault(database);
    const beside = open(file, { table: 'beside' });
    vault.set('own', 1);
    same.set('same', 1);
    other.set('other', 1);
    beside.set('beside', 1);
    database.prepare("INSERT INTO kv VALUES (CAST('sql' AS BLOB), x'00')").run();
    vault.set('end', 1);
    expect(await untilEnd(watch)).toEqual(['+ own', '+ same', '+ other', '+ sql']);
    other.close();
    database.close();
  });

  test.each([
    ['without WAL', { enableWal: false }],
    ['with WAL', {}],
  ])('of another connection, %s, while the watcher waits', async (_, options) => {
    const file = tempFile();
    const vault = open(file, options);
    const watch = vault.watch();
    const database = new Database(file);
    const insert = database.prepare("INSERT INTO kv VALUES (CAST(? AS BLOB), x'00')");
    for (let nth = 0; nth < 5; nth++) {
      const waiting = next(watch, 1);
      insert.run(`key ${nth}`);
      expect(shown(await waiting)).toEqual([`+ key ${nth}`]);
    }
    database.close();
  });

  test('a vault in memory, and one on a Database of the user', async () => {
    for (const database of [new Database(':memory:'), new Database(tempFile())]) {
      const vault = new KVault(database);
      const watch = vault.watch();
      const waiting = next(watch, 1);
      vault.set('a', 1);
      expect(shown(await waiting)).toEqual(['+ a']);
      const second = next(watch, 1);
      database.exec("DELETE FROM kv WHERE key = CAST('a' AS BLOB)");
      expect(shown(await second)).toEqual(['- a']);
      vault.close();
      database.close();
    }
  });

  test.each([
    ['with WAL', {}],
    // There the watcher looks after each write of this thread.
    ['without WAL', { enableWal: false }],
  ])('nothing that is not committed, while a transaction of the user is open, %s', async (_, options) => {
    const vault = open(tempFile(), options);
    const watch = vault.watch();
    const { database } = vault;
    const waiting = next(watch, 2);
    database.exec('BEGIN');
    vault.set('rolled back', 1);
    await new Promise((resolve) => setTimeout(resolve, 120));
    database.exec('ROLLBACK');
    database.exec('BEGIN');
    vault.set('a', 1);
    await new Promise((resolve) => setTimeout(resolve, 120));
    vault.set('b', 1);
    database.exec('COMMIT');
    expect(shown(await waiting)).toEqual(['+ a', '+ b']);
  });

  test('many changes come in their order, each once', async () => {
    const vault = open(tempFile());
    const watch = vault.watch();
    vault.setMany(Array.from({ length: 1_000 }, (_, nth) => [`a${String(nth).padStart(4, '0')}`, nth]));
    const found = next(watch, 2_000);
    for (let nth = 0; nth < 1_000; nth++) {
      vault.set(`b${nth}`, nth);
      if (nth % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(shown(await found)).toEqual([
      ...Array.from({ length: 1_000 }, (_, nth) => `+ a${String(nth).padStart(4, '0')}`),
      ...Array.from({ length: 1_000 }, (_, nth) => `+ b${nth}`),
    ]);
  });
});

describe('positions', () => {
  test('a watch goes on where another has ended, with the changes between', async () => {
    const file = tempFile();
    const vault = open(file);
    const first = vault.watch(undefined, { keep: 60_000 });
    vault.set('a', 1);
    vault.set('b', 1);
    const [a] = await next(first, 1);
    expect(first.position).toBe(a?.position);
    await first.return();
    vault.set('c', 1);
    const again = vault.watch(undefined, { since: a?.position });
    vault.set('d', 1);
    expect(shown(await next(again, 3))).toEqual(['+ b', '+ c', '+ d']);
    const beginning = vault.watch(undefined, { since: again.position });
    expect(beginning.position).toBe(again.position);
  });

  test('a watch begins at its position, also before the first change', async () => {
    const vault = open(tempFile());
    const watch = vault.watch({ prefix: 'a' });
    const { position } = watch;
    vault.set('b', 1);
    vault.set('a', 1);
    expect(shown(await next(vault.watch(undefined, { since: position }), 2))).toEqual(['+ b', '+ a']);
    expect(shown(await next(watch, 1))).toEqual(['+ a']);
  });

  test('if nobody has watched since, that is an error, and the file is as before', async () => {
    const file = tempFile();
    const vault = open(file);
    const watch = vault.watch();
    const { position } = watch;
    await watch.return();
    vault.set('missed', 1);
    expect(codeOf(() => vault.watch(undefined, { since: position }))).toBe('KV_STALE');
    expect(traces(file)).toEqual([]);
    const later = vault.watch();
    expect(codeOf(() => vault.watch(undefined, { since: position }))).toBe('KV_STALE');
    vault.set('a', 1);
    expect(shown(await next(later, 1))).toEqual(['+ a']);
  });

  test('a text that is not a position is refused', () => {
    const vault = open(tempFile());
    for (const since of ['', 'abc', '5', 5, null]) {
      expect(thrownBy(() => vault.watch(undefined, { since: since as never })).message).toMatch(/position of a watch/);
    }
  });
});

describe('the log', () => {
  afterEach(() => void vi.useRealTimers());

  const inLog = (vault: KVault) =>
    vault.database.prepare('SELECT count(*) FROM kohakuvault_changes_kv WHERE kind <> 0').pluck().get();

  test('forgets what everybody has read', async () => {
    const vault = open(tempFile());
    const watch = vault.watch();
    vault.setMany(Array.from({ length: 500 }, (_, nth) => [`${nth}`, nth]));
    expect(inLog(vault)).toBe(500);
    const { position } = watch;
    await next(watch, 500);
    vault.watch();
    expect(inLog(vault)).toBe(0);
    vault.set('a', 1);
    expect(shown(await next(watch, 1))).toEqual(['+ a']);
    expect(codeOf(() => vault.watch(undefined, { since: position }))).toBe('KV_STALE');
  });

  test('keeps what a slow watcher has not read, but not forever', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const vault = open(tempFile());
    const slow = vault.watch();
    vault.setMany(Array.from({ length: 10 }, (_, nth) => [`${nth}`, nth]));
    vi.setSystemTime(1_010_000);
    vault.watch();
    expect(inLog(vault)).toBe(10);
    vi.setSystemTime(1_010_000 + 11 * 60_000);
    vault.set('a', 1);
    vault.watch();
    expect(inLog(vault)).toBe(1);
    expect(await failureCode(() => slow.next())).toBe('KV_STALE');
  });
});

describe('the end of a watch', () => {
  const LOG = [
    'kohakuvault_changes_kv',
    'kohakuvault_changes_kv_delete',
    'kohakuvault_changes_kv_insert',
    'kohakuvault_changes_kv_update',
    'kohakuvault_watchers',
  ];

  const ENDS: Record<string, (vault: KVault, watch: ReturnType<KVault['watch']>, end: AbortController) => unknown> = {
    return: (_, watch) => watch.return(),
    abort: (_, __, end) => end.abort(),
    close: (vault) => vault.close(),
    break: async (vault, watch) => {
      vault.set('a', 1);
      for await (const _ of watch) break;
    },
    'await using': async (_, watch) => {
      await using __ = watch;
    },
  };

  test.each(Object.entries(ENDS))('by %s: nothing of it is left in the file', async (_, end) => {
    const file = tempFile();
    const vault = open(file);
    const ending = new AbortController();
    const watch = vault.watch(undefined, { signal: ending.signal });
    expect(traces(file)).toEqual(LOG);
    await end(vault, watch, ending);
    expect(traces(file)).toEqual([]);
  });

  test('while it waits: the iteration ends, or throws the reason of the signal', async () => {
    const vault = open(tempFile());
    const reason = new Error('enough');
    const ending = new AbortController();
    const aborted = vault.watch(undefined, { signal: ending.signal }).next();
    const returned = vault.watch();
    const waiting = returned.next();
    ending.abort(reason);
    expect(await reasonOf(() => aborted)).toBe(reason);
    await returned.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await returned.next()).toEqual({ done: true, value: undefined });
    const closed = vault.watch().next();
    vault.close();
    expect(await closed).toEqual({ done: true, value: undefined });
    expect(codeOf(() => vault.watch())).toBe('KV_CLOSED');
  });

  test('the log stays as long as anybody watches', async () => {
    const file = tempFile();
    const vault = open(file);
    const [one, two] = [vault.watch(), vault.watch('a')];
    await one.return();
    vault.set('a', 1);
    expect(shown(await next(two, 1))).toEqual(['+ a']);
    await two.return();
    expect(traces(file)).toEqual([]);
  });

  test('a table that is dropped or renamed ends it with KV_STALE', async () => {
    const file = tempFile();
    for (const end of [(vault: KVault) => vault.dropTable(), (vault: KVault) => vault.renameTable('moved').close()]) {
      const database = new Database(file);
      const watching = new KVault(database);
      const watch = watching.watch();
      end(open(file));
      expect(await failureCode(() => watch.next())).toBe('KV_STALE');
      watching.close();
      database.close();
      expect(traces(file)).toEqual([]);
    }
  });

  test('tables with other names are watched too', async () => {
    const file = tempFile();
    const vault = open(file, { table: 'My "table"' });
    const watch = vault.watch();
    vault.set('a', 1);
    expect(shown(await next(watch, 1))).toEqual(['+ a']);
    await watch.return();
    expect(traces(file)).toEqual([]);
  });
});

describe('what is refused', () => {
  test('bad arguments', () => {
    const vault = open(tempFile());
    for (const call of [
      () => vault.watch({ limit: 5 }),
      () => vault.watch({ reverse: true }),
      () => vault.watch({ prefx: 'a' } as never),
      () => vault.watch(undefined, { keep: -1 }),
      () => vault.watch(undefined, { signal: 5 as never }),
      () => vault.on('changes' as never, (() => {}) as never),
      () => vault.on('change', 5 as never),
      () => vault.observe(5 as never),
      () => vault.observe('a').subscribe(5 as never),
    ]) {
      expect(codeOf(call)).toBe('KV_INVALID_ARGUMENT');
    }
    expect(traces(vault.path)).toEqual([]);
  });

  test('a readonly vault, a transaction, and a signal that was aborted before', () => {
    const file = tempFile();
    const vault = open(file);
    const readonly = open(file, { readonly: true });
    expect(codeOf(() => readonly.watch())).toBe('KV_READONLY');
    vault.transaction(() => expect(codeOf(() => vault.watch())).toBe('KV_INVALID_ARGUMENT'));
    const reason = new Error('before');
    expect(() => vault.watch(undefined, { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(traces(file)).toEqual([]);
  });

  test('a file of strangers may have our triggers, and no others', async () => {
    const file = tempFile();
    const vault = open(file);
    vault.watch();
    const copy = tempFile('copy.db');
    await vault.backup(copy);
    const opened = open(copy, { untrusted: true });
    expect(opened.size).toBe(0);
    opened.close();
    const database = new Database(copy);
    const sql = database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'kohakuvault_changes_kv_insert'").pluck();
    const changed = String(sql.get()).replace('NEW.key', 'evil(NEW.key)');
    database.exec(`DROP TRIGGER kohakuvault_changes_kv_insert; ${changed}`);
    database.close();
    expect(codeOf(() => open(copy, { untrusted: true }))).toBe('KV_UNTRUSTED');
  });
});
