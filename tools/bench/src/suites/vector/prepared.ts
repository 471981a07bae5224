// The files that each engine has of a dataset, and the settings with which it finds a share of the nearest vectors.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Context } from '../../suite.ts';
import { keep } from '../bytes/kept.ts';
import { type Dataset, storedCount } from './datasets.ts';
import { type Engine, K, type Opened } from './engine.ts';
import { openVault } from './engine-kohakuvault.ts';
import { ENGINES, type EngineName, OURS } from './engines.ts';

/** The shares of the ten nearest vectors at which engines are compared. */
export const RECALLS = [0.985, 0.995] as const;
export type Recall = (typeof RECALLS)[number];

interface Measured {
  setting: number;
  recall: number;
}

interface Prepared {
  /** What making the index took. */
  milliseconds: number;
  measured: Measured[];
}

export function pathOf(fixtures: string, dataset: Dataset, engine: EngineName): string {
  return join(fixtures, `${dataset.name}-${engine}`);
}

/** Makes the files of a dataset, for the engines that are installed. */
export async function prepareDataset(
  fixtures: string,
  dataset: Dataset,
  quick: boolean,
  engines: readonly EngineName[],
): Promise<void> {
  if (dataset.missing !== undefined) return;
  const count = storedCount(dataset, quick);
  for (const name of engines) {
    const engine = ENGINES[name];
    const version = engine.version();
    if (version === undefined) continue;
    const path = pathOf(fixtures, dataset, name);
    await keep(fixtures, basename(path), `${count} ${version}`, async () => {
      const milliseconds = await engine.build(path, dataset.vectors(count), count, true);
      const measured = await measure(engine, path, dataset.queries(), truthOf(fixtures, dataset));
      writeFileSync(settingsFile(path), JSON.stringify({ milliseconds, measured } satisfies Prepared));
    });
  }
}

function settingsFile(path: string): string {
  return `${path}.settings.json`;
}

/** Returns the numbers of the ten vectors that are nearest to each query. */
export function truthOf(fixtures: string, dataset: Dataset): Set<number>[] {
  using vault = openVault(`${pathOf(fixtures, dataset, OURS)}.db`);
  return vault.searchMany(dataset.queries(), K).map((found) => new Set(found.map(({ id }) => Number(id) - 1)));
}

/** Measures what each setting finds, up to the one that finds enough. */
async function measure(
  engine: Engine,
  path: string,
  queries: Float32Array[],
  truth: Set<number>[],
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const setting of engine.settings) {
    const opened = await engine.open(path, setting);
    const recall = await recallOf(opened, queries, truth);
    opened.close?.();
    measured.push({ setting, recall });
    if (recall >= Math.max(...RECALLS)) break;
    // An index of the setting before takes memory until then.
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return measured;
}

export async function recallOf(opened: Opened, queries: Float32Array[], truth: Set<number>[]): Promise<number> {
  let hits = 0;
  for (const [at, query] of queries.entries()) {
    const found = opened.numbers(await opened.search(opened.query(query)));
    hits += found.filter((number) => truth[at]?.has(number)).length;
  }
  return hits / (queries.length * K);
}

function preparedOf(context: Context, dataset: Dataset, name: EngineName): Prepared {
  const { fixtures, unavailable } = context;
  if (dataset.missing !== undefined) unavailable(dataset.missing);
  if (ENGINES[name].version() === undefined) unavailable(`${name} is not installed: see tools/bench/README.md`);
  return JSON.parse(readFileSync(settingsFile(pathOf(fixtures, dataset, name)), 'utf8')) as Prepared;
}

/** Returns what the index of an engine took when it was made. */
export function millisecondsOf(context: Context, dataset: Dataset, name: EngineName): number {
  return preparedOf(context, dataset, name).milliseconds;
}

/** Returns the first setting with which an engine finds a share of the nearest vectors, and what it finds. */
export function settingOf(context: Context, dataset: Dataset, name: EngineName, recall: Recall): Measured {
  const { measured } = preparedOf(context, dataset, name);
  const found = measured.find((each) => each.recall >= recall);
  const most = Math.max(...measured.map((each) => each.recall));
  return found ?? context.unavailable(`no setting of it finds ${recall} of the ten nearest; the best finds ${most}`);
}

/** Opens the index of an engine with the setting for a share of the nearest vectors. */
export async function openFor(
  context: Context,
  dataset: Dataset,
  name: EngineName,
  recall: Recall,
): Promise<{ open(): Opened | Promise<Opened>; queries: Float32Array[] }> {
  const { setting } = settingOf(context, dataset, name, recall);
  const path = pathOf(context.fixtures, dataset, name);
  return { open: () => ENGINES[name].open(path, setting), queries: dataset.queries() };
}
