// Searches of engines that find the same share of the nearest vectors, and what their indexes cost.
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { anonymousMemory } from '../../memory.ts';
import type { Budget, Case, Contender, Context, Preparation } from '../../suite.ts';
import { DATASETS, type Dataset, GROWING, SENTENCES, storedCount } from './datasets.ts';
import { searchAll } from './engine.ts';
import { openVault } from './engine-kohakuvault.ts';
import { ENGINES, type EngineName, OURS } from './engines.ts';
import { millisecondsOf, openFor, pathOf, prepareDataset, RECALLS, type Recall, settingOf } from './prepared.ts';

const NAMES = Object.keys(ENGINES) as EngineName[];
/** Those with an index. */
const INDEXED = NAMES.filter((name) => name !== 'sqlite-vec');
const GRAPHS = ['hnswlib-node', 'usearch'] as const;
const AT_ONCE = 100;
/** So many vectors are in the index that is made in each round. */
const BUILT = 20_000;
const MIB = 2 ** 20;

function contenders(
  names: readonly EngineName[],
  work: (context: Context, name: EngineName) => number | Promise<number>,
) {
  return Object.fromEntries(names.map((name): [string, Contender] => [name, (context) => work(context, name)]));
}

/** Of some engines, those that are asked about a dataset. */
function asked(names: readonly EngineName[], { peers }: Dataset): EngineName[] {
  return names.filter((name) => name === OURS || (peers?.includes(name) ?? true));
}

const against = (dataset: Dataset, peers: readonly EngineName[], atLeast: number): Budget[] =>
  asked(peers, dataset).map((peer) => ({ against: peer, atLeast }));

/** The name of a case of a dataset. */
const named = ({ title }: Dataset, question: string) => `${title}: ${question}`;

function searchCases(dataset: Dataset, recall: Recall): Case[] {
  return [
    {
      name: named(dataset, `a search, recall@10 of ${recall}`),
      unit: 'ns',
      large: dataset.large,
      note:
        'each with the first setting (ef, or recall) that finds this share of the ten nearest of 200 queries; sqlite-vec ' +
        'compares all. Ours also reads the values.',
      budgets: against(dataset, GRAPHS, 1.5),
      ...(dataset === SENTENCES ? {} : { growth: { of: `a search among clustered, ${recall}`, size: dataset.count } }),
      contenders: contenders(asked(NAMES, dataset), async (context, name) => {
        const { open, queries } = await openFor(context, dataset, name, recall);
        const opened = await open();
        const ready = queries.map((query) => opened.query(query));
        for (const query of ready) await opened.search(query);
        const search = (turn: number) => opened.search(ready[turn % ready.length]);
        if (name !== 'LanceDB') return context.perOperation((turn) => (search(turn) === undefined ? 0 : 1));
        return context.perAsyncOperation(async (turn) => ((await search(turn)) === undefined ? 0 : 1));
      }),
    },
    {
      name: named(dataset, `found with the setting for ${recall}`),
      unit: 'share',
      large: dataset.large,
      budgets: [{ atLeast: recall }],
      contenders: contenders(
        asked(INDEXED, dataset),
        (context, name) => settingOf(context, dataset, name, recall).recall,
      ),
    },
  ];
}

function otherCases(dataset: Dataset): Case[] {
  const [recall] = RECALLS;
  const { large } = dataset;
  return [
    {
      name: named(dataset, `a search of ${AT_ONCE} at once, recall@10 of ${recall}`),
      unit: 'ns',
      large,
      note: 'of 100 in one call of searchMany. usearch has such a call too; the others search one by one.',
      budgets: against(dataset, GRAPHS, 3),
      contenders: contenders(asked(INDEXED, dataset), async (context, name) => {
        const { open, queries } = await openFor(context, dataset, name, recall);
        const opened = await open();
        const ready = queries.slice(0, AT_ONCE).map((query) => opened.query(query));
        await searchAll(opened, ready);
        return context.perAsyncOperation(() => searchAll(opened, ready), AT_ONCE);
      }),
    },
    {
      name: named(dataset, 'first answer of a new process'),
      unit: 'ns',
      large,
      note: 'opening and one search; the libraries are loaded, and the files are in the page cache of the system.',
      budgets: [{ atMost: dataset === SENTENCES ? 40e6 : 80e6 }],
      contenders: contenders(asked(INDEXED, dataset), async (context, name) => {
        const { open, queries } = await openFor(context, dataset, name, recall);
        const [query] = queries as [Float32Array];
        await ENGINES[name].load();
        return context.once(async () => {
          const opened = await open();
          return opened.numbers(await opened.search(opened.query(query))).length;
        });
      }),
    },
    {
      name: named(dataset, 'private memory after 200 searches'),
      unit: 'bytes',
      large,
      note: 'anonymous memory of the process, that of Node included (40 to 50 MiB).',
      budgets: [{ atMost: 150 * MIB }],
      contenders: contenders(asked(INDEXED, dataset), async (context, name) => {
        const { open, queries } = await openFor(context, dataset, name, recall);
        const opened = await open();
        for (const query of queries) await opened.search(opened.query(query));
        globalThis.gc?.();
        return anonymousMemory(context);
      }),
    },
    {
      name: named(dataset, 'making the index of all'),
      unit: 'ns',
      large,
      note: 'once, when the files were made, and not interleaved. usearch uses all cores, and so do LanceDB and ours.',
      budgets: [{ against: 'hnswlib-node', atLeast: 8 }],
      contenders: contenders(asked(INDEXED, dataset), (context, name) => millisecondsOf(context, dataset, name) * 1e6),
    },
    {
      name: named(dataset, 'length of the file'),
      unit: 'bytes',
      large,
      budgets: [{ against: 'without the index', atMost: 1.2 }],
      contenders: {
        'with the index': (context) => statSync(`${ourPath(context, dataset)}.db`).size,
        'without the index': (context) => statSync(`${ourPath(context, dataset)}.plain.db`).size,
      },
    },
    {
      name: named(dataset, 'insert, each a transaction'),
      unit: 'ns',
      large,
      note: 'of vectors that are in the table already. Every two thousandth or so puts all new vectors into lists.',
      budgets: [{ against: 'without the index', atMost: 1.3 }],
      contenders: {
        'with the index': (context) => inserts(context, dataset, '.db'),
        'without the index': (context) => inserts(context, dataset, '.plain.db'),
      },
    },
  ];
}

const making: Case = {
  name: named(SENTENCES, `making an index of ${BUILT.toLocaleString('en')}`),
  unit: 'ns',
  note: 'in memory for hnswlib-node and usearch; LanceDB and ours write files. Storing the vectors before does not count.',
  budgets: [{ against: 'hnswlib-node', atLeast: 8 }],
  contenders: contenders(INDEXED, async (context, name) => {
    settingOf(context, SENTENCES, name, RECALLS[0]);
    const count = Math.min(BUILT, storedCount(SENTENCES, context.quick));
    const vectors = [...SENTENCES.vectors(count)];
    return (await ENGINES[name].build(join(context.folder, 'index'), vectors, count, false)) * 1e6;
  }),
};

function ourPath({ fixtures, unavailable }: Context, dataset: Dataset): string {
  if (dataset.missing !== undefined) unavailable(dataset.missing);
  return pathOf(fixtures, dataset, OURS);
}

function inserts(context: Context, dataset: Dataset, suffix: string): number {
  const own = join(context.folder, 'own.db');
  copyFileSync(`${ourPath(context, dataset)}${suffix}`, own);
  const vault = openVault(own);
  const vectors = [...dataset.vectors(2_000)];
  return context.perOperation((turn) =>
    Number(vault.insert(vectors[turn % vectors.length] as Float32Array, { text: turn }, { lot: turn % 1_000 })),
  );
}

function casesOf(dataset: Dataset): Case[] {
  return [...RECALLS.flatMap((recall) => searchCases(dataset, recall)), ...otherCases(dataset)];
}

/** All sizes of the synthetic vectors tell how searches grow; the rest is asked of the sentences and of the largest. */
export const equalRecallCases: Case[] = [
  ...casesOf(SENTENCES),
  making,
  ...GROWING.slice(0, -1).flatMap((dataset) => RECALLS.flatMap((recall) => searchCases(dataset, recall))),
  ...casesOf(GROWING.at(-1) as Dataset),
];

export async function prepareDatasets(fixtures: string, quick: boolean, { names, peers }: Preparation): Promise<void> {
  for (const dataset of DATASETS) {
    if (!names.some((name) => name.startsWith(named(dataset, '')))) continue;
    await prepareDataset(fixtures, dataset, quick, peers ? asked(NAMES, dataset) : [OURS]);
  }
}
