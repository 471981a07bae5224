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

/** How many queries there are. */
const QUERIES = 300;
const queryAt = (turn: number) => `word${200 + (turn % QUERIES)} word${20 + (turn % 50)}`;

/** Asks each question once: a program that searches for a while has counted the words before. */
async function warm(search: (turn: number) => Promise<number>): Promise<void> {
  for (let turn = 0; turn < QUERIES; turn++) await search(turn);
}

/** Does what autovacuum does in the background. */
async function afterVacuum(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('VACUUM ANALYZE bench');
  await client.end();
}

export const textCases: Case[] = [
  {
    name: 'the 10 best of 20,000 texts',
    unit: 'ns',
    note:
      'with two words of a query that were asked before: a first query counts its words, in up to 30 ms. pg ranks by ' +
      'ts_rank, which knows nothing of how rare a word is.',
    contenders: {
      kohakuvault: async (context) => {
        const url = await startServer(context);
        const store = await connect(url);
        const texts = await store.texts<number>('bench');
        await texts.insertMany(textsOf(context).map((text, n) => [text, n] as const));
        await afterVacuum(url);
        const search = async (turn: number) => (await texts.search(queryAt(turn), 10)).length;
        await warm(search);
        return await context.perAsyncOperation(search);
      },
      pg: async (context) => {
        const url = await startServer(context);
        const pool = new pg.Pool({ connectionString: url });
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
        await afterVacuum(url);
        const search = async (turn: number) => {
          const { rows } = await pool.query(
            "SELECT id, content, ts_rank(words, query) AS score FROM bench, plainto_tsquery('simple', $1) AS query " +
              'WHERE words @@ query ORDER BY score DESC, id LIMIT 10',
            [queryAt(turn)],
          );
          return rows.length;
        };
        await warm(search);
        return await context.perAsyncOperation(search);
      },
    },
  },
];
