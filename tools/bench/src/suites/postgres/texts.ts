import { connect } from '@kohakuvault/postgres';
import pg from 'pg';
import { randomNumbers } from '../../random.ts';
import type { Case, Context } from '../../suite.ts';
import { startServer } from './server.ts';

const WORDS = 2_000;
const LENGTH = 60;

/** Texts whose words are as frequent as those of a language: the nth is n times as rare as the first. */
function textsOf({ quick }: Context): string[] {
  const random = randomNumbers(11);
  const word = () => `word${Math.floor(WORDS ** random())}`;
  return Array.from({ length: quick ? 2_000 : 20_000 }, () => Array.from({ length: LENGTH }, word).join(' '));
}

const queryAt = (turn: number) => `word${200 + (turn % 300)} word${20 + (turn % 50)}`;

export const textCases: Case[] = [
  {
    name: 'the 10 best of 20,000 texts',
    unit: 'ns',
    note: 'with two words of a query. pg ranks by ts_rank, which knows nothing of how rare a word is.',
    contenders: {
      kohakuvault: async (context) => {
        const store = await connect(await startServer(context));
        const texts = await store.texts<number>('bench');
        await texts.insertMany(textsOf(context).map((text, n) => [text, n] as const));
        await store.transaction((tx) => tx.query('ANALYZE bench'), { isolation: 'repeatable read' });
        return await context.perAsyncOperation(async (turn) => (await texts.search(queryAt(turn), 10)).length);
      },
      pg: async (context) => {
        const pool = new pg.Pool({ connectionString: await startServer(context) });
        pool.on('error', () => {});
        await pool.query('CREATE TABLE bench (id int8 PRIMARY KEY, content text NOT NULL, words tsvector NOT NULL)');
        await pool.query('CREATE INDEX ON bench USING gin (words)');
        for (const [n, text] of textsOf(context).entries()) {
          await pool.query({
            name: 'insert',
            text: "INSERT INTO bench VALUES ($1, $2, to_tsvector('simple', $2))",
            values: [n, text],
          });
        }
        await pool.query('ANALYZE bench');
        return await context.perAsyncOperation(async (turn) => {
          const { rows } = await pool.query(
            "SELECT id, content, ts_rank(words, query) AS score FROM bench, plainto_tsquery('simple', $1) AS query " +
              'WHERE words @@ query ORDER BY score DESC, id LIMIT 10',
            [queryAt(turn)],
          );
          return rows.length;
        });
      },
    },
  },
];
