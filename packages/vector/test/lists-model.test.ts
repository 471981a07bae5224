// Whatever happens to a table, the whole index finds what an exact search finds.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { VectorKVault } from '@kohakuvault/vector';
import Database from 'better-sqlite3';
import { getLoadablePath } from 'sqlite-vec';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import type { Order } from './scripts/peer.ts';
import { randomNumbers, topicalVectors } from './support/random.ts';
import { vaultOf } from './support/vaults.ts';

const DIMENSIONS = 16;
const VECTORS = topicalVectors(3, 4000, DIMENSIONS);
const WHOLE = { k: 15, mode: 'approximate', recall: 1, oversample: 1000 } as const;
const SCRIPTS = join(import.meta.dirname, 'scripts');

async function peerOn(file: string): Promise<(order: Order) => Promise<void>> {
  const peer: ChildProcess = fork(join(SCRIPTS, 'peer.ts'), [file, String(DIMENSIONS)], {
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  onTestFinished(() => {
    peer.kill('SIGKILL');
  });
  await once(peer, 'message');
  return async (order) => {
    peer.send(order);
    await once(peer, 'message');
  };
}

test.each([1, 2, 3, 4, 5, 6])('seed %i', async (seed) => {
  const random = randomNumbers(seed * 7919);
  const below = (limit: number) => Math.floor(Math.abs(random()) * limit) % limit;
  const some = () => VECTORS[below(VECTORS.length)] as Float32Array;
  const file = tempFile();
  // Half of the seeds write through a connection of the user's, which holds no snapshot.
  const database = seed % 2 === 0 ? new Database(file) : undefined;
  if (database) onTestFinished(() => void database.close());
  const vault: VectorKVault<number> = vaultOf<number>({ dimensions: DIMENSIONS, metric: 'l2' }, database ?? file);
  vault.insertMany(VECTORS.slice(0, 1500).map((vector, index) => [vector, index]));
  vault.createIndex();
  const peer = await peerOn(file);
  const plain = new Database(file);
  onTestFinished(() => void plain.close());
  plain.loadExtension(getLoadablePath());
  const idOf = () => {
    const ids = [...vault.keys({ gte: below(3000), limit: 1 })];
    return ids[0] ?? 1n;
  };
  const bytes = (vector: Float32Array) => Buffer.from(Float32Array.from(vector).buffer);
  const value = () =>
    BigInt(plain.prepare("INSERT INTO vec_kvault_values (value) VALUES (x'00')").run().lastInsertRowid);
  const changes: Record<string, () => unknown> = {
    insert: () => vault.insert(some(), 1),
    'insert many': () => vault.insertMany(Array.from({ length: below(500) }, () => [some(), 2] as const)),
    update: () => vault.update(idOf(), { vector: some() }),
    delete: () => vault.delete(idOf()),
    'delete many': () => vault.deleteMany([...vault.keys({ gte: below(3000), limit: below(200) })]),
    'insert by another process': () =>
      peer({ do: 'insert', vectors: Array.from({ length: 1 + below(400) }, () => [...some()]), value: 3 }),
    'delete by another process': () => peer({ do: 'delete', id: Number(idOf()) }),
    'update by another process': () => peer({ do: 'update', id: Number(idOf()), vector: [...some()] }),
    'insert by sqlite-vec': () =>
      plain.prepare('INSERT INTO vec_kvault (value_ref, vector) VALUES (?, ?)').run(value(), bytes(some())),
    'delete by sqlite-vec': () => plain.prepare('DELETE FROM vec_kvault WHERE rowid = ?').run(idOf()),
    'insert of an id that was deleted': () => {
      const id = idOf();
      plain.prepare('DELETE FROM vec_kvault WHERE rowid = ?').run(id);
      plain
        .prepare('INSERT INTO vec_kvault (rowid, value_ref, vector) VALUES (?, ?, ?)')
        .run(id, value(), bytes(some()));
    },
    vacuum: () => vault.optimize(),
    compact: () => vault.compact(),
    'make it again': () => vault.createIndex({ lists: 1 + below(80) }),
    'make it again elsewhere': () => vault.createIndexAsync(),
    'another table': () =>
      vault.database.exec('CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (zeroblob(9000))'),
  };
  const names = Object.keys(changes);
  const inTransactions = ['insert', 'insert many', 'update', 'delete', 'delete many', 'make it again', 'another table'];
  const log: string[] = [];
  const check = () => {
    for (let count = 0; count < 2; count++) {
      const query = some();
      const exact = vault.search(query, WHOLE.k);
      const found = vault.search(query, WHOLE);
      const shown = (results: typeof exact) => results.map(({ id, distance }) => `${id} ${distance}`);
      // Of equally near ones at the end, either may be left out.
      const last = exact.at(-1)?.distance ?? 0;
      const message = `seed ${seed}\n${log.slice(-30).join('\n')}`;
      expect(shown(found), message).toEqual(shown(exact));
      expect(
        found.every(({ distance }) => distance <= last),
        message,
      ).toBe(true);
    }
  };
  for (let step = 0; step < 60; step++) {
    if (below(4) === 0) {
      const way = ['BEGIN|ROLLBACK', 'BEGIN|COMMIT', 'SAVEPOINT s|ROLLBACK TO s; RELEASE s', 'ours'][
        below(4)
      ] as string;
      const [begin, end] = way.split('|');
      const steps = Array.from({ length: 1 + below(3) }, () => inTransactions[below(inTransactions.length)] as string);
      log.push(`${way}: ${steps.join(', ')}`);
      const run = () => {
        for (const name of steps) {
          changes[name]?.();
          check();
        }
      };
      if (end === undefined) {
        const undone = new Error('undone');
        expect(() =>
          vault.transaction(() => {
            run();
            throw undone;
          }),
        ).toThrow(undone);
      } else {
        vault.database.exec(begin as string);
        run();
        vault.database.exec(end);
      }
    } else {
      const name = names[below(names.length)] as string;
      log.push(name);
      await changes[name]?.();
    }
    check();
  }
  const update = vault.verifyIndex();
  expect(update, `seed ${seed}`).toEqual([]);
  expect(vault.info().index?.indexed).toBeGreaterThan(0);
});
