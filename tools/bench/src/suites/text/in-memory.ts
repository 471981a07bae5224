import type { Case, Context } from '../../suite.ts';
import { documentsOf, queriesOf, sentencesOf } from './contents.ts';
import { K, openOurs } from './peers.ts';

const MANY = 50_000;
const QUICK = 5_000;
const WORD = 'license';

/** Indexes in memory: what it takes to build each, and to search it. */
interface MemoryIndex {
  search(query: string): number;
}

function documentsFor({ fixtures, quick }: Context): { id: number; content: string }[] {
  const texts = documentsOf(sentencesOf(fixtures), quick ? QUICK : MANY, 1);
  return Array.from(texts, (content, id) => ({ id, content }));
}

async function miniSearch(documents: { id: number; content: string }[]): Promise<MemoryIndex> {
  const { default: MiniSearch } = await import('minisearch');
  const index = new MiniSearch({ fields: ['content'], storeFields: ['content'] });
  index.addAll(documents);
  return { search: (query) => index.search(query, { combineWith: 'AND' }).slice(0, K).length };
}

async function orama(documents: { id: number; content: string }[]): Promise<MemoryIndex> {
  const { create, insertMultiple, search } = await import('@orama/orama');
  const index = create({ schema: { content: 'string' } });
  await insertMultiple(
    index,
    documents.map(({ content }) => ({ content })),
    5_000,
  );
  return {
    search: (query) => (search(index, { term: query, limit: K }) as { hits: unknown[] }).hits.length,
  };
}

const PEERS = { MiniSearch: miniSearch, Orama: orama };

function each(measure: (context: Context, build: (typeof PEERS)['Orama']) => Promise<number>): Case['contenders'] {
  return Object.fromEntries(
    Object.entries(PEERS).map(([name, build]) => [name, (context: Context) => measure(context, build)]),
  );
}

export const memoryCases: Case[] = [
  {
    name: 'first answer of a new process',
    unit: 'ns',
    note: 'ours opens a file of 200,000 documents; the others build their index of 50,000 in memory, as each start must.',
    contenders: {
      kohakuvault: ({ fixtures, once }) => once(() => openOurs(fixtures).search(WORD, K).length),
      ...each((context, build) => {
        const documents = documentsFor(context);
        return context.once(async () => (await build(documents)).search(WORD));
      }),
    },
  },
  {
    name: 'a warm search for two words',
    unit: 'ns',
    note: 'ours in 200,000 documents on disk, the others in 50,000 in memory. Orama finds documents with one of the words.',
    contenders: {
      kohakuvault: ({ fixtures, perOperation }) => {
        const vault = openOurs(fixtures);
        const queries = queriesOf(fixtures, 'two');
        return perOperation((turn) => vault.search(queries[turn % queries.length] as string, K).length);
      },
      ...each(async (context, build) => {
        const index = await build(documentsFor(context));
        const queries = queriesOf(context.fixtures, 'two');
        return context.perOperation((turn) => index.search(queries[turn % queries.length] as string));
      }),
    },
  },
  {
    name: 'memory of the process after a search',
    unit: 'bytes',
    note: 'resident memory beyond that before the index was opened or built.',
    contenders: {
      kohakuvault: ({ fixtures }) => {
        const before = process.memoryUsage.rss();
        openOurs(fixtures).search(WORD, K);
        return Math.max(process.memoryUsage.rss() - before, 1);
      },
      ...each(async (context, build) => {
        const documents = documentsFor(context);
        const before = process.memoryUsage.rss();
        const index = await build(documents);
        index.search(WORD);
        return Math.max(process.memoryUsage.rss() - before, 1);
      }),
    },
  },
];
