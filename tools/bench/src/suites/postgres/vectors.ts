import { connect } from '@kohakuvault/postgres';
import pg from 'pg';
import { randomNumbers } from '../../random.ts';
import type { Case, Context } from '../../suite.ts';
import { langChainOf } from './peers.ts';
import { startServer } from './server.ts';

const DIMENSIONS = 128;
const K = 10;

/** Starts a server with pgvector. Debian's has none; `KOHAKUVAULT_POSTGRES_PROGRAMS` names the folder of one. */
async function serverWithVectors(context: Context): Promise<string> {
  if (!process.env.KOHAKUVAULT_PGVECTOR)
    return context.unavailable('KOHAKUVAULT_PGVECTOR says no server with pgvector');
  return await startServer(context);
}

function vectorsOf({ quick }: Context): number[][] {
  const random = randomNumbers(7);
  return Array.from({ length: quick ? 1_000 : 10_000 }, () => Array.from({ length: DIMENSIONS }, () => random() - 0.5));
}

export const vectorCases: Case[] = [
  {
    name: `the ${K} nearest of 10,000 vectors`,
    unit: 'ns',
    note: `exact, of ${DIMENSIONS} dimensions, by cosine. pgvector is its SQL by hand. LangChain returns the text of each document.`,
    budgets: [{ against: 'pgvector', atMost: 1.1 }],
    contenders: {
      kohakuvault: async (context) => {
        const store = await connect(await serverWithVectors(context));
        const vectors = await store.vectors<string>('bench', { dimensions: DIMENSIONS });
        const all = vectorsOf(context);
        await vectors.insertMany(all.map((vector, n) => [vector, `document ${n}`] as const));
        return await context.perAsyncOperation(
          async (turn) => (await vectors.search(all[turn % all.length] as number[], K)).length,
        );
      },
      pgvector: async (context) => {
        const pool = new pg.Pool({ connectionString: await serverWithVectors(context) });
        pool.on('error', () => {});
        await pool.query('CREATE EXTENSION vector');
        await pool.query(`CREATE TABLE bench (id int8 PRIMARY KEY, vector vector(${DIMENSIONS}), value text)`);
        const all = vectorsOf(context);
        for (const [n, vector] of all.entries()) {
          await pool.query({
            name: 'insert',
            text: 'INSERT INTO bench VALUES ($1, $2, $3)',
            values: [n, `[${vector.join()}]`, `document ${n}`],
          });
        }
        return await context.perAsyncOperation(async (turn) => {
          const { rows } = await pool.query({
            name: 'search',
            text: 'SELECT id, vector <=> $1 AS distance, value FROM bench ORDER BY vector <=> $1 LIMIT $2',
            values: [`[${(all[turn % all.length] as number[]).join()}]`, K],
          });
          return rows.length;
        });
      },
      langchain: async (context) => {
        const store = await langChainOf(context, await serverWithVectors(context), DIMENSIONS);
        const all = vectorsOf(context);
        await store.addVectors(
          all,
          all.map((_, n) => ({ pageContent: `document ${n}`, metadata: {} })),
        );
        return await context.perAsyncOperation(
          async (turn) => (await store.similaritySearchVectorWithScore(all[turn % all.length] as number[], K)).length,
        );
      },
    },
  },
];
