// What every method of a DocumentVault promises in each situation. The contract of the other vaults expects calls that
// return at once; those that wait for a model do not.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DocumentVault, type DocumentVaultOptions } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { embedWith } from './support/embed.ts';

const DIMENSIONS = 16;
const OTHER_DIMENSIONS = 12;
const FIRST = 'Salmon swim up the river. They lay their eggs there.';
const SECOND = 'A writer takes the lock. Others wait for it.';

type Vault = DocumentVault<unknown>;

function open(file: string, options: Partial<DocumentVaultOptions> = {}): Vault {
  const vault: Vault = new DocumentVault(file, {
    embed: embedWith(DIMENSIONS),
    dimensions: DIMENSIONS,
    chunk: { size: 40, overlap: 10 },
    ...options,
  });
  onTestFinished(() => vault.close());
  return vault;
}

/** Opens a vault with two documents. */
async function filled(options: Partial<DocumentVaultOptions> = {}): Promise<Vault> {
  const vault = open(tempFile(), options);
  await vault.add([
    { id: 'first', text: FIRST, value: 1, fields: { year: 2020 } },
    { id: 'second', text: SECOND, value: { two: 2 }, fields: { year: 2021 } },
  ]);
  return vault;
}

/** Everything that a vault shows, and that its tables hold for one another. */
function stateOf(vault: Vault) {
  const { database } = vault;
  const count = (from: string) => database.prepare(`SELECT count(*) FROM ${from}`).pluck().get();
  const { number } = database.prepare('SELECT number FROM documents_models WHERE ready').get() as { number: number };
  const vectors = number === 1 ? 'documents_vectors' : `documents_vectors_${number}`;
  const chunks = count('documents_chunks');
  expect(count('documents_text_content')).toBe(chunks);
  expect(count(`${vectors}_rowids JOIN documents_chunks ON vector = ${vectors}_rowids.rowid`)).toBe(chunks);
  return { documents: vault.ids().map((id) => vault.get(id)), size: vault.size, model: number };
}

/** The same, as another connection sees it. */
function storedOf(vault: Vault) {
  const database = new Database(vault.path, { readonly: true });
  try {
    // The model may have changed.
    const { dimensions } = database.prepare('SELECT dimensions FROM documents_models WHERE ready').get() as {
      dimensions: number;
    };
    return stateOf(new DocumentVault(database, { embed: embedWith(dimensions), dimensions }));
  } finally {
    database.close();
  }
}

const ADDED = { id: 'third', text: 'Ice floats on water.', value: null, fields: {} };

/** The calls that write: what they return, and what the vault has afterwards. */
const WRITES: Record<string, { run(vault: Vault): unknown; returns: unknown; ids: string[] }> = {
  'add one': { run: (vault) => vault.add(ADDED), returns: undefined, ids: ['first', 'second', 'third'] },
  'add many': {
    run: (vault) => vault.add(new Set([ADDED, { id: 'fourth', text: '' }])),
    returns: undefined,
    ids: ['first', 'second', 'third', 'fourth'],
  },
  'update the text': {
    run: (vault) => vault.update('first', { text: SECOND }),
    returns: true,
    ids: ['first', 'second'],
  },
  'update the value': { run: (vault) => vault.update('first', { value: 7 }), returns: true, ids: ['first', 'second'] },
  'update the fields': {
    run: (vault) => vault.update('first', { fields: { month: 5 } }),
    returns: true,
    ids: ['first', 'second'],
  },
  delete: { run: (vault) => vault.delete('first'), returns: true, ids: ['second'] },
};

const READS: Record<string, (vault: Vault) => unknown> = {
  'search by both': (vault) => vault.search('where do salmon swim?'),
  'search by words': (vault) => vault.search('salmon', { mode: 'text', where: { year: 2020 } }),
  'search by vectors': (vault) => vault.search('salmon', { mode: 'vector', k: 1 }),
  get: (vault) => vault.get('first'),
  has: (vault) => vault.has('first'),
  ids: (vault) => vault.ids(),
  size: (vault) => vault.size,
};

const reembed = (vault: Vault) =>
  vault.reembed({ embed: embedWith(OTHER_DIMENSIONS), dimensions: OTHER_DIMENSIONS, model: 'other' });

async function codeOf(run: () => unknown): Promise<unknown> {
  try {
    return `no error, but ${String(await run())}`;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

describe.each(Object.entries(WRITES))('%s', (_, { run, returns, ids }) => {
  test('changes the vault and the file, and nothing else', async () => {
    const vault = await filled();
    const before = stateOf(vault);
    expect(await run(vault)).toBe(returns);
    const after = stateOf(vault);
    expect(after.documents.map((document) => document?.id)).toEqual(ids);
    expect(after).not.toEqual(before);
    expect(storedOf(vault)).toEqual(after);
    expect((await vault.search('salmon lock ice', { k: 100, distinct: true })).length).toBeGreaterThan(0);
  });

  test("belongs to the user's transaction", async () => {
    const vault = await filled();
    const before = stateOf(vault);
    vault.database.exec('BEGIN');
    await run(vault);
    const inside = stateOf(vault);
    expect(inside.documents.map((document) => document?.id)).toEqual(ids);
    expect(storedOf(vault)).toEqual(before);
    vault.database.exec('COMMIT');
    expect(stateOf(vault)).toEqual(inside);
    expect(storedOf(vault)).toEqual(inside);
  });

  test.each([
    ['ROLLBACK', 'BEGIN', 'ROLLBACK'],
    ['ROLLBACK of an immediate transaction', 'BEGIN IMMEDIATE', 'ROLLBACK'],
    ['ROLLBACK TO', 'SAVEPOINT theirs', 'ROLLBACK TO theirs; RELEASE theirs'],
    ['ROLLBACK TO in a transaction', 'BEGIN; SAVEPOINT theirs', 'ROLLBACK TO theirs; COMMIT'],
  ])('is undone by %s', async (_, begin, undo) => {
    const vault = await filled();
    const before = stateOf(vault);
    const found = await vault.search('salmon lock', 100);
    vault.database.exec(begin);
    await run(vault);
    vault.database.exec(undo);
    expect(stateOf(vault)).toEqual(before);
    expect(storedOf(vault)).toEqual(before);
    expect(await vault.search('salmon lock', 100)).toEqual(found);
    // The vault goes on.
    await run(vault);
    expect(stateOf(vault).documents.map((document) => document?.id)).toEqual(ids);
  });

  test('is refused by a readonly vault and by a closed one', async () => {
    const vault = await filled();
    const before = stateOf(vault);
    const reader = open(vault.path, { readonly: true });
    expect(await codeOf(() => run(reader))).toBe('KV_READONLY');
    reader.close();
    expect(await codeOf(() => run(reader))).toBe('KV_CLOSED');
    expect(stateOf(vault)).toEqual(before);
  });

  test('is refused while another connection writes, and works after that', async () => {
    const vault = await filled({ busyTimeout: 20 });
    const before = stateOf(vault);
    const other = new Database(vault.path);
    other.exec('BEGIN IMMEDIATE');
    expect(await codeOf(() => run(vault))).toBe('KV_BUSY');
    other.exec('ROLLBACK');
    other.close();
    expect(stateOf(vault)).toEqual(before);
    expect(await run(vault)).toBe(returns);
  });
});

describe.each(Object.entries(READS))('%s', (_, run) => {
  test('reads the same in a transaction, a snapshot and a readonly vault', async () => {
    const vault = await filled();
    const expected = await run(vault);
    vault.database.exec('BEGIN');
    expect(await run(vault)).toEqual(expected);
    vault.database.exec('COMMIT');
    expect(await vault.snapshot(() => ({ result: run(vault) })).result).toEqual(expected);
    expect(await vault.transaction(() => ({ result: run(vault) })).result).toEqual(expected);
    expect(await run(open(vault.path, { readonly: true }))).toEqual(expected);
  });

  test('sees what another connection has committed', async () => {
    const vault = await filled();
    const before = await run(vault);
    const database = new Database(vault.path);
    onTestFinished(() => void database.close());
    const other = new DocumentVault(database, { embed: embedWith(DIMENSIONS), dimensions: DIMENSIONS });
    await other.add([
      { id: 'third', text: 'Salmon again.', fields: { year: 2020 } },
      { id: 'fourth', text: 'Salmon, too.', fields: { year: 2020 } },
    ]);
    other.delete('first');
    expect(await run(vault)).not.toEqual(before);
    expect(await run(vault)).toEqual(await run(other));
  });

  test('is refused by a closed vault', async () => {
    const vault = await filled();
    vault.close();
    expect(await codeOf(() => run(vault))).toBe('KV_CLOSED');
  });
});

describe('reembed', () => {
  test('changes the vectors and nothing else', async () => {
    const vault = await filled();
    const before = stateOf(vault);
    await reembed(vault);
    expect(stateOf(vault)).toEqual({ ...before, model: 2 });
    expect(storedOf(vault)).toEqual({ ...before, model: 2 });
    expect((await vault.search('salmon', { mode: 'vector', k: 1 }))[0]?.document.id).toBe('first');
  });

  test("is refused inside the user's transaction, and where it cannot write", async () => {
    const vault = await filled();
    const before = stateOf(vault);
    vault.database.exec('BEGIN');
    expect(await codeOf(() => reembed(vault))).toBe('KV_INVALID_ARGUMENT');
    vault.database.exec('ROLLBACK');
    const reader = open(vault.path, { readonly: true });
    expect(await codeOf(() => reembed(reader))).toBe('KV_READONLY');
    reader.close();
    expect(await codeOf(() => reembed(reader))).toBe('KV_CLOSED');
    expect(stateOf(vault)).toEqual(before);
    expect((await vault.search('salmon', { mode: 'vector', k: 1 }))[0]?.document.id).toBe('first');
  });

  test('does not take over inside a transaction that begins meanwhile, and goes on after it', async () => {
    const vault = await filled();
    const before = stateOf(vault);
    const begun = vault.reembed({
      embed: embedWith(OTHER_DIMENSIONS),
      dimensions: OTHER_DIMENSIONS,
      onProgress: () => vault.database.exec('BEGIN'),
    });
    expect(await codeOf(() => begun)).toBe('KV_INVALID_ARGUMENT');
    vault.database.exec('ROLLBACK');
    expect(stateOf(vault)).toEqual(before);
    expect((await vault.search('salmon', { mode: 'vector', k: 1 }))[0]?.document.id).toBe('first');
    await vault.reembed({ embed: embedWith(OTHER_DIMENSIONS), dimensions: OTHER_DIMENSIONS });
    expect(stateOf(vault)).toEqual({ ...before, model: 2 });
  });
});

describe('calls that wait for a model', () => {
  test('are refused inside transaction() and snapshot(), which do not wait for them', async () => {
    const vault = await filled();
    const before = stateOf(vault);
    for (const call of [WRITES['add one']?.run, WRITES['update the text']?.run, reembed]) {
      for (const [around, code] of [
        ['transaction', 'KV_INVALID_ARGUMENT'],
        ['snapshot', 'KV_READONLY'],
      ] as const) {
        const { result } = vault[around](() => ({ result: codeOf(() => call?.(vault)) }));
        expect(await result, around).toBe(code);
      }
    }
    expect(await codeOf(() => vault.transaction((async () => vault.add(ADDED)) as never))).toBe('KV_INVALID_ARGUMENT');
    expect(stateOf(vault)).toEqual(before);
  });

  test('change nothing if the vault is closed meanwhile', async () => {
    for (const call of [WRITES['add one']?.run, WRITES['update the text']?.run, reembed]) {
      let close = () => {};
      const vault = await filled({
        embed: async (texts) => {
          close();
          return embedWith(DIMENSIONS)(texts);
        },
      });
      const { path } = vault;
      const before = stateOf(vault);
      close = () => vault.close();
      const closing = (texts: string[]) => {
        close();
        return embedWith(OTHER_DIMENSIONS)(texts);
      };
      const run = call === reembed ? () => vault.reembed({ embed: closing, dimensions: OTHER_DIMENSIONS }) : call;
      expect(await codeOf(() => run?.(vault))).toBe('KV_CLOSED');
      expect(stateOf(open(path))).toEqual(before);
    }
  });

  test('change nothing if the model fails', async () => {
    const reason = new Error('the model is gone');
    let fails = false;
    const vault = await filled({
      embed: async (texts) => {
        if (fails) throw reason;
        return embedWith(DIMENSIONS)(texts);
      },
    });
    const before = stateOf(vault);
    fails = true;
    for (const call of [WRITES['add one']?.run, WRITES['update the text']?.run, READS['search by both']]) {
      expect(await codeOf(() => call?.(vault))).toBe(reason);
    }
    const failing = async () => Promise.reject(reason);
    expect(await codeOf(() => vault.reembed({ embed: failing, dimensions: 3 }))).toBe(reason);
    expect(stateOf(vault)).toEqual(before);
  });
});

test('wrong types are refused, and change nothing', async () => {
  const vault = await filled();
  const before = stateOf(vault);
  const any = vault as unknown as Record<string, (...given: unknown[]) => unknown>;
  const calls: [method: string, ...given: unknown[]][] = [
    ...[undefined, null, 5, 'text', [5], [null], {}, { id: 'a' }, { text: 'a' }, { id: 1, text: 'a' }].map(
      (given): [string, unknown] => ['add', given],
    ),
    ['add', { id: 'a', text: 5 }],
    ['add', { id: 'a', text: 'a', other: 1 }],
    ['add', { id: 'a', text: 'a', value: Symbol('a') }],
    ['add', { id: 'a', text: 'a', fields: 'year' }],
    ['add', { id: 'a', text: 'a', fields: { year: {} } }],
    ['add', { id: 'first', text: 'a' }],
    ['update', 5, { text: 'a' }],
    ['update', 'first'],
    ['update', 'first', null],
    ['update', 'first', {}],
    ['update', 'first', { text: 5 }],
    ['update', 'first', { id: 'other' }],
    ['update', 'first', { value: () => {} }],
    ['update', 'first', { fields: [] }],
    ['delete'],
    ['delete', 5],
    ['has', null],
    ['get', {}],
    ['search'],
    ['search', 5],
    ['search', 'a', 'b'],
    ['search', 'a', -1],
    ['search', 'a', { k: 0.5 }],
    ['search', 'a', { mode: 'other' }],
    ['search', 'a', { where: 5 }],
    ['search', 'a', { where: { year: { $near: 1 } } }],
    ['search', 'a', { distinct: 1 }],
    ['search', 'a', { signal: 1 }],
    ['search', 'a', { limit: 1 }],
    ['reembed'],
    ['reembed', { dimensions: 3 }],
    ['reembed', { embed: embedWith(3), dimensions: 0 }],
    ['reembed', { embed: embedWith(3), dimensions: 3, model: 5 }],
    ['reembed', { embed: embedWith(3), dimensions: 3, onProgress: 5 }],
    ['reembed', { embed: embedWith(3), dimensions: 3, signal: 5 }],
  ];
  for (const [method, ...given] of calls) {
    expect(await codeOf(() => any[method]?.(...given)), `${method}(${given.map(String)})`).toBe('KV_INVALID_ARGUMENT');
  }
  expect(stateOf(vault)).toEqual(before);
});

test('a worker thread has a vault on the file', async () => {
  const vault = await filled();
  const worker = new Worker(new URL('scripts/documents-in-a-thread.ts', import.meta.url), { workerData: vault.path });
  const [ids] = await once(worker, 'message');
  expect(ids).toEqual(['first', 'of the thread']);
  expect(vault.ids()).toEqual(ids);
  expect(vault.get('first')?.text).toBe('Changed in another thread.');
  expect((await vault.search('another thread', { k: 100, distinct: true })).length).toBe(2);
  await worker.terminate();
});
