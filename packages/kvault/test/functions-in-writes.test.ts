// SQL functions of the user's that triggers on a vault's table call during a write.
import { KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';

function vaultWith(inside: (vault: KVault, database: Database.Database) => unknown) {
  const database = new Database(tempFile());
  const vault = new KVault(database);
  onTestFinished(() => {
    database.close();
  });
  database.function('inside', () => {
    inside(vault, database);
    return null;
  });
  database.exec('CREATE TRIGGER t AFTER INSERT ON kv BEGIN SELECT inside(); END');
  return { vault, database };
}

/** A resizable ArrayBuffer, which Node has and the TypeScript library used here does not declare. */
type Resizable = ArrayBuffer & { resize(length: number): void };
const resizable = (length: number) =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, { maxByteLength: length });

/** Returns what a call throws. */
function thrown(call: () => unknown): KohakuVaultError {
  try {
    call();
  } catch (error) {
    if (error instanceof KohakuVaultError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each(['short', 'long'])('neither vault nor database closes during a write (%s)', (length) => {
  const codes: string[] = [];
  const { vault } = vaultWith((vault, database) => {
    codes.push(thrown(() => vault.close()).code, thrown(() => database.close()).code);
  });
  const value = Buffer.alloc(length === 'short' ? 10 : 100_000, 1);
  vault.set('key', value);
  // Inside a transaction, the Database is never closed.
  vault.setMany([['other', value]]);
  expect(codes).toEqual(['KV_BUSY', 'KV_BUSY', 'KV_BUSY', 'KV_INVALID_ARGUMENT']);
  expect(vault.get('key')).toEqual(value);
  expect(vault.get('other')).toEqual(value);
});

test.each([100, 16_384, 1_000_000])('a value of %s bytes is stored as it was when set was called', (length) => {
  const memory = resizable(length);
  const value = new Uint8Array(memory);
  const ways = [() => value.fill(9), () => memory.resize(0)];
  const { vault } = vaultWith(() => ways.shift()?.());
  for (let way = 0; way < 2; way++) {
    value.fill(1);
    vault.set(`key ${way}`, value);
    expect(vault.get(`key ${way}`)?.equals(Buffer.alloc(length, 1))).toBe(true);
  }
});

test('what a function throws is the cause of the error, and the vault still works', () => {
  const mine = new RangeError('mine');
  const { vault, database } = vaultWith(() => {
    throw mine;
  });
  for (const call of [() => vault.set('key', 'value'), () => vault.setMany([['key', 'value']])]) {
    const error = thrown(call);
    expect(error.code).toBe('KV_ERROR');
    expect(error.message).toMatch(/a SQL function .* threw an error.*: mine$/);
    expect(error.cause).toBe(mine);
  }
  expect(() => database.exec('not SQL')).toThrow(/syntax error/);
  expect(vault.get('key')).toBeUndefined();
  database.exec('DROP TRIGGER t');
  vault.set('key', 'value');
  expect(vault.get('key')?.toString()).toBe('value');
});

test("what a function throws inside a statement of the user's is reported once", async () => {
  const { vault, database } = vaultWith(() => {
    throw new RangeError('mine');
  });
  const causes: unknown[] = [];
  database.function('outer', () => {
    causes.push(thrown(() => vault.set('key', 'value')).cause);
    return 5;
  });
  expect(database.prepare('SELECT outer()').pluck().get()).toBe(5);
  await Promise.resolve();
  expect(() => database.exec('not SQL')).toThrow(/syntax error/);
  expect(causes).toEqual([new RangeError('mine')]);
});

test('a write during another write is refused, since it would break the indexes of the table', () => {
  const codes: string[] = [];
  let depth = 0;
  const { vault, database } = vaultWith(() => {
    if (depth++ > 0) return;
    for (const write of [
      () => vault.set('inner', '1'),
      () => vault.delete('key'),
      () => vault.setMany([['inner', '1']]),
    ]) {
      codes.push(thrown(write).code);
    }
    expect(vault.get('inner')).toBeUndefined();
  });
  vault.set('key', 'value');
  depth = 0;
  database.prepare('INSERT INTO kv (key, value) VALUES (?, ?)').run(Buffer.from('by hand'), Buffer.from('1'));
  expect(new Set(codes)).toEqual(new Set(['KV_BUSY']));
  expect([...vault.keys()].map(String)).toEqual(['by hand', 'key']);
});
