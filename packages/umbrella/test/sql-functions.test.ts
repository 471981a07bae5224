// What an SQL function of the user may do, and what may happen while an iterator of the user is open.
import Database from 'better-sqlite3';
import { ColumnVault, KohakuVaultError, KVault, VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

function vaults(database = new Database(tempFile())) {
  onTestFinished(() => void database.close());
  const [kv, cv] = [new KVault(database, { maxBlobBytes: 1_000 }), new ColumnVault(database)];
  const vk = new VectorKVault(database, { dimensions: 4 });
  kv.set('a', 1).set('long', Buffer.alloc(5_000, 7));
  cv.createColumn('fixed', 'i64').extend([1n, 2n, 3n]);
  cv.createColumn('varying', 'str:utf8').extend(['a', 'bb', 'ccc']);
  vk.insertMany([
    [[1, 2, 3, 4], 'one'],
    [[4, 3, 2, 1], 'two'],
  ]);
  return { database, kv, cv, vk };
}
type Vaults = ReturnType<typeof vaults>;

const READS: Record<string, (vaults: Vaults) => unknown> = {
  'kv.get': ({ kv }) => kv.get('a'),
  'kv.get of a value in parts': ({ kv }) => kv.get('long'),
  'kv.has and kv.size': ({ kv }) => [kv.has('a'), kv.size],
  'kv.openBlob': ({ kv }) => kv.openBlob('long').read(4_990, 20),
  'cv.listColumns': ({ cv }) => cv.listColumns(),
  'column.slice': ({ cv }) => [cv.column('fixed').slice(), cv.column('varying').slice()],
  'column.at': ({ cv }) => [cv.column('fixed').at(1), cv.column('varying').at(1)],
  'column.stats': ({ cv }) => [cv.column('fixed').stats(), cv.column('varying').stats(), cv.column('varying').bytes],
  'column iteration': ({ cv }) => [...cv.column('fixed'), ...cv.column('varying')],
  'vk.search': ({ vk }) => vk.search([1, 2, 3, 4]),
  'vk.search with a filter': ({ vk }) => vk.search([1, 2, 3, 4], { filter: (id) => id > 1n }),
  'vk.searchMany': ({ vk }) => vk.searchMany([[1, 2, 3, 4]], 1),
  'vk.get': ({ vk }) => vk.get([4, 3, 2, 2]),
  'vk.getById and vk.has': ({ vk }) => [vk.getById(1), vk.has(1), vk.has(99), vk.size],
  'vk iteration': ({ vk }) => [...vk],
};

/** Returns the result of a call inside an SQL function of the user. */
function inFunction(open: Vaults, call: (vaults: Vaults) => unknown): unknown {
  let outcome: unknown;
  open.database.function('during', () => {
    try {
      outcome = call(open);
    } catch (error) {
      outcome = error;
    }
    return null;
  });
  open.database.prepare('SELECT during()').get();
  return outcome;
}

test.each(Object.entries(READS))('%s gives inside an SQL function what it gives outside', (_, read) => {
  const open = vaults();
  const outside = read(open);
  expect(inFunction(open, read)).toEqual(outside);
  // Vaults that have not read yet.
  const fresh = {
    ...open,
    kv: new KVault(open.kv),
    cv: new ColumnVault(open.kv),
    vk: new VectorKVault(open.kv, { dimensions: 4 }),
  };
  expect(inFunction(fresh, read)).toEqual(outside);
  expect(read(open)).toEqual(outside);
});

const WRITES: Record<string, (vaults: Vaults) => unknown> = {
  'a long value': ({ kv }) => kv.set('other', Buffer.alloc(3_000)),
  'column.append': ({ cv }) => cv.column('fixed').append(4n),
  'cv.createColumn': ({ cv }) => cv.createColumn('new', 'i64'),
  'vk.insert': ({ vk }) => vk.insert([1, 1, 1, 1], 'three'),
  'vk.update': ({ vk }) => vk.update(1, { value: 'other' }),
  'vk.delete': ({ vk }) => vk.delete(1),
  'vk.clear': ({ vk }) => vk.clear(),
  checkpoint: ({ kv }) => kv.checkpoint(),
  optimize: ({ kv }) => kv.optimize(),
};

test.each(Object.entries(WRITES))('%s inside an SQL function is refused by an error of ours, or done', (_, write) => {
  const open = vaults();
  for (const setting of [open, { ...open, vk: new VectorKVault(open.kv, { dimensions: 4 }) }]) {
    const outcome = inFunction(setting, write);
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(KohakuVaultError);
      expect((outcome as KohakuVaultError).code).toBe('KV_BUSY');
    }
  }
  expect(open.vk.search([1, 2, 3, 4], 1)[0]?.value).toBeDefined();
});

test.each(Object.entries(WRITES))(
  '%s beside an open iterator of the user is refused by an error of ours, or done',
  (_, write) => {
    const open = vaults();
    const vk = new VectorKVault(open.kv, { dimensions: 4 });
    const iterator = open.database.prepare('SELECT 1 UNION ALL SELECT 2').iterate();
    iterator.next();
    for (const setting of [open, { ...open, vk }]) {
      try {
        write(setting);
      } catch (error) {
        expect(error).toBeInstanceOf(KohakuVaultError);
        expect((error as KohakuVaultError).code).toBe('KV_BUSY');
      }
    }
    iterator.return?.();
  },
);

/** All reads, those of long values in several steps included. */
const ALL_READS: Record<string, (vaults: Vaults) => unknown> = {
  ...READS,
  'kv.getMany': ({ kv }) => kv.getMany(['a', 'long', 'missing']),
  'kv.snapshot': ({ kv }) => kv.snapshot(() => [kv.get('a'), kv.get('long')]),
  'kv.keys': ({ kv }) => [...kv.keys({ lt: 'm' })],
  'kv.entries over long values': ({ kv }) => [...kv.entries({ lt: 'm' })],
  'kv.values in reverse': ({ kv }) => [...kv.values({ lt: 'm', reverse: true })],
  'cv.snapshot': ({ cv }) => cv.snapshot(() => cv.listColumns()),
  'column.readInto': ({ cv }) => {
    const target = new BigInt64Array(3);
    return [cv.column('fixed').readInto(target), target];
  },
  'column.indexOf': ({ cv }) => [cv.column('fixed').indexOf(2n), cv.column('varying').includes('bb')],
  'kv.transaction that only reads': ({ kv }) => {
    try {
      return kv.transaction(() => kv.get('a'));
    } catch (error) {
      // It may be refused.
      return (error as KohakuVaultError).code;
    }
  },
};

test.each(Object.entries(ALL_READS))('%s inside a function leaves the statement that calls it as it is', (_, read) => {
  const open = vaults();
  const { database } = open;
  database.exec('CREATE TABLE rows (n); INSERT INTO rows VALUES (1), (2), (3)');
  const seen: unknown[] = [];
  database.function('during', (n: unknown) => {
    seen.push(read(open));
    return n;
  });
  const numbers = () => database.prepare('SELECT during(n) AS n FROM rows ORDER BY rowid').pluck().all();
  expect(numbers()).toEqual([1, 2, 3]);
  // Inside a transaction too, and with an iterator.
  database.exec('BEGIN');
  expect([...database.prepare('SELECT during(n) FROM rows').pluck().iterate()]).toEqual([1, 2, 3]);
  database.exec('UPDATE rows SET n = during(n) + 1; COMMIT');
  database.exec('UPDATE rows SET n = during(n) + 1');
  expect(database.prepare('SELECT n FROM rows').pluck().all()).toEqual([3, 4, 5]);
  expect(seen).toHaveLength(12);
  expect(seen[11]).toEqual(seen[6]);
  if (_ !== 'kv.transaction that only reads') expect(seen[11]).toEqual(read(open));
});

test.each(Object.entries(ALL_READS))(
  'a write is kept though a function that its trigger calls reads through %s',
  (_, read) => {
    const open = vaults();
    const { database, kv, cv, vk } = open;
    let calls = 0;
    database.function('reads', () => {
      calls++;
      read(open);
      return null;
    });
    for (const table of ['kv', 'col_meta', 'col_chunks', 'vec_kvault_values']) {
      for (const event of ['INSERT', 'UPDATE', 'DELETE']) {
        database.exec(`CREATE TRIGGER ${table}_${event} AFTER ${event} ON ${table} BEGIN SELECT reads(); END`);
      }
    }
    const outside = new Database(database.name, { readonly: true });
    onTestFinished(() => void outside.close());
    const stored = {
      kv: new KVault(outside),
      cv: new ColumnVault(outside),
      vk: new VectorKVault(outside, { dimensions: 4 }),
    };
    const same = (look: (vaults: typeof stored) => unknown, expected: unknown) =>
      expect([look(open), look(stored)]).toEqual([expected, expected]);

    kv.set('k', 1);
    same(({ kv }) => kv.get('k'), 1);
    kv.setMany([
      ['k', 2],
      ['l', 3],
    ]);
    same(({ kv }) => kv.getMany(['k', 'l']), [2, 3]);
    kv.delete('l');
    same(({ kv }) => kv.has('l'), false);
    kv.cache(() => kv.set('cached', 1).set('k', 4).delete('a'));
    same(({ kv }) => [kv.get('cached'), kv.get('k'), kv.has('a')], [1, 4, false]);
    kv.set('a', 1);
    cv.column('fixed').append(4n);
    cv.column('fixed').set(0, 9n);
    same(({ cv }) => [...cv.column('fixed')], [9n, 2n, 3n, 4n]);
    cv.column('varying').insert(1, 'in between');
    cv.column('varying').remove(0);
    same(({ cv }) => [...cv.column('varying')], ['in between', 'bb', 'ccc']);
    const id = vk.insert([1, 1, 1, 1], 'three');
    vk.update(1, { value: 'changed', vector: [4, 4, 4, 4] });
    vk.delete(2);
    same(
      ({ vk }) => [[...vk].map(([id, , value]) => [id, value]), vk.search([1, 1, 1, 1], 9).length],
      [
        [
          [1n, 'changed'],
          [id, 'three'],
        ],
        2,
      ],
    );
    expect(calls).toBeGreaterThan(10);
  },
);

test('keys() in a function that a flush calls is a read', () => {
  const { database, kv } = vaults();
  const seen: unknown[] = [];
  database.function('reads', () => {
    seen.push([...kv.keys({ prefix: 'cached' })].length);
    return null;
  });
  database.exec('CREATE TRIGGER during AFTER INSERT ON kv BEGIN SELECT reads(); END');
  kv.enableCache();
  kv.set('cached 1', 1).set('cached 2', 2).set('cached 3', 3);
  expect(kv.flushCache()).toBe(3);
  expect(seen.length).toBeGreaterThan(0);
  kv.disableCache();
  expect([...kv.keys({ prefix: 'cached' })]).toEqual(['cached 1', 'cached 2', 'cached 3']);
});
