import { expect, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { vaultOf } from './support/vaults.ts';

/** A vault with a vocabulary so large that a query of short beginnings takes long. */
function large() {
  const vault = vaultOf<null>();
  let state = 1;
  const word = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state.toString(36);
  };
  vault.insertMany(Array.from({ length: 20_000 }, () => [Array.from({ length: 12 }, word).join(' ')] as const));
  return vault;
}

const HOSTILE = Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `${letter}*`).join(' OR ');

test('a hostile query is ended after its timeout, and the vault goes on', () => {
  const vault = large();
  for (const search of [
    () => vault.search(HOSTILE, { match: 'raw', timeout: 1, k: 100_000 }),
    () => vault.count(HOSTILE, { match: 'raw', timeout: 1 }),
    () => vault.search(HOSTILE, { match: 'raw', timeout: 1, filter: () => true, highlight: true }),
  ]) {
    const { code, message } = thrownBy(search);
    expect(code).toBe('KV_TIMEOUT');
    expect(message).toMatch(/longer than its timeout and was ended; raise the timeout/);
  }
  expect(codeOf(() => vault.search('x', { timeout: 0 }))).toBe('KV_TIMEOUT');
  // Without a limit, statements take as long as they take.
  expect(vault.count(HOSTILE, { match: 'raw' })).toBeGreaterThan(19_000);
  expect(vault.search('1', { timeout: 60_000 })).toEqual(vault.search('1'));
  vault.insert('still writable');
  expect(vault.count('writable', { timeout: 60_000 })).toBe(1);
});

test('a time limit inside a transaction undoes nothing', () => {
  const vault = large();
  vault.transaction(() => {
    vault.insert('kept');
    expect(codeOf(() => vault.count(HOSTILE, { match: 'raw', timeout: 1 }))).toBe('KV_TIMEOUT');
  });
  expect(vault.count('kept')).toBe(1);
});

test('a signal that was aborted refuses a search, also between two calls of a filter', () => {
  const vault = vaultOf<number>();
  vault.insertMany(Array.from({ length: 100 }, (_, number) => ['a word', number]));
  const reason = new Error('enough');
  expect(() => vault.search('word', { signal: AbortSignal.abort(reason) })).toThrow(reason);
  const controller = new AbortController();
  let seen = 0;
  const filter = () => {
    seen++;
    controller.abort(reason);
    return true;
  };
  expect(() => vault.search('word', { signal: controller.signal, filter })).toThrow(reason);
  expect(seen).toBe(1);
});

test('a statement of the user that is open stays as it is', () => {
  const vault = large();
  const rows = vault.database.prepare('SELECT rowid FROM text_vault').iterate();
  rows.next();
  expect(codeOf(() => vault.search(HOSTILE, { match: 'raw', timeout: 1, k: 100_000 }))).toBe('KV_TIMEOUT');
  expect([...rows]).toHaveLength(19_999);
});
