import { join } from 'node:path';
import { VectorKVault } from '@kohakuvault/vector';
import { python } from '../../peers/python.ts';
import type { Case } from '../../suite.ts';
import { DIMENSIONS, embeddings } from './contents.ts';
import { openSqliteVec } from './peers.ts';

const ROWS = 10_000;

const CREATE = `CREATE VIRTUAL TABLE v USING vec0(value_ref INTEGER, vector float[${DIMENSIONS}] distance_metric=L2)`;

export const writeCases: Case[] = [
  {
    name: 'insertMany of 10,000, per vector',
    unit: 'ns',
    note:
      'ours stores an object with each vector; bare sqlite-vec stores vectors only. Both use one transaction; ' +
      'Python uses one for each vector.',
    budgets: [{ against: 'sqlite-vec', atLeast: 0.7 }],
    contenders: {
      kohakuvault: async ({ folder, once }) => {
        const vault = new VectorKVault(join(folder, 'ours.db'), { dimensions: DIMENSIONS, metric: 'l2' });
        const rows = Array.from(embeddings(ROWS, 5), (vector, index) => [vector, { text: index }] as const);
        return (await once(() => vault.insertMany(rows).length)) / ROWS;
      },
      'sqlite-vec': async ({ folder, once }) => {
        const database = await openSqliteVec(join(folder, 'bare.db'));
        database.exec(CREATE);
        const rows = Array.from(embeddings(ROWS, 5), (vector) => new Uint8Array(vector.buffer));
        const insert = database.prepare('INSERT INTO v (value_ref, vector) VALUES (?, ?)');
        const all = database.transaction(() => {
          for (const [index, vector] of rows.entries()) insert.run(BigInt(index), vector);
          return rows.length;
        });
        return (await once(() => all())) / ROWS;
      },
      Python: (context) =>
        python(
          context,
          `
import numpy as np
from kohakuvault import VectorKVault
vault = VectorKVault("python.db", dimensions=${DIMENSIONS}, metric="l2")
rows = np.random.default_rng(1).standard_normal((1000, ${DIMENSIONS}), dtype="f4")
start = time.perf_counter_ns()
for index, vector in enumerate(rows): vault.insert(vector, {"text": index})
print((time.perf_counter_ns() - start) / len(rows))
`,
        ),
    },
  },
  {
    name: 'insert, each a transaction',
    unit: 'ns',
    note: 'into a table of 2,000 vectors whose resident copy is kept up to date.',
    budgets: [{ against: 'sqlite-vec', atMost: 1.5 }],
    contenders: {
      kohakuvault: ({ folder, perOperation }) => {
        const vault = new VectorKVault(join(folder, 'ours.db'), { dimensions: DIMENSIONS, metric: 'l2' });
        const vectors = [...embeddings(2_000, 5)];
        vault.insertMany(vectors.map((vector, index) => [vector, { text: index }]));
        for (let time = 0; time < 3; time++) vault.search(vectors[0] as Float32Array, 1);
        return perOperation((turn) => Number(vault.insert(vectors[turn % 2_000] as Float32Array, { text: turn })));
      },
      'sqlite-vec': async ({ folder, perOperation }) => {
        const database = await openSqliteVec(join(folder, 'bare.db'));
        database.exec(CREATE);
        const vectors = Array.from(embeddings(2_000, 5), (vector) => new Uint8Array(vector.buffer));
        const insert = database.prepare('INSERT INTO v (value_ref, vector) VALUES (?, ?)');
        return perOperation((turn) => insert.run(BigInt(turn), vectors[turn % 2_000] as Uint8Array).changes);
      },
    },
  },
];
