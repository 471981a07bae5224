// What a function of the user's may do that their own SQL calls, or that runs while an iterator of theirs is open.
import Database from 'better-sqlite3';
import { ColumnVault, KohakuVaultError, KVault, VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../core-native/test/support/temp.ts';

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

/** What a call gives inside a function that a SELECT of the user's calls. */
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

test.each(Object.entries(READS))('defect 15.35: %s gives inside an SQL function what it gives outside', (_, read) => {
  const open = vaults();
  const outside = read(open);
  expect(inFunction(open, read)).toEqual(outside);
  // Vaults that have read nothing yet.
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

test.each(Object.entries(WRITES))(
  'defect 15.12: %s inside an SQL function is refused by an error of ours, or done',
  (_, write) => {
    const open = vaults();
    for (const setting of [open, { ...open, vk: new VectorKVault(open.kv, { dimensions: 4 }) }]) {
      const outcome = inFunction(setting, write);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(KohakuVaultError);
        expect((outcome as KohakuVaultError).code).toBe('KV_BUSY');
      }
    }
    expect(open.vk.search([1, 2, 3, 4], 1)[0]?.value).toBeDefined();
  },
);

test.each(Object.entries(WRITES))(
  'defect 15.12: %s beside an open iterator of the user is refused by an error of ours, or done',
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
