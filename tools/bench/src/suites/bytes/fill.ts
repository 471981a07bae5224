import { CLUSTERED, ENGINES, type Engine, LMDB, OURS, SQLITE } from './engines.ts';
import { parts } from './entries.ts';
import { keep, ourVersion, peerVersion } from './kept.ts';

export interface Contents {
  name: string;
  count: number;
  bytes: number;
  order: 'at random' | 'in order';
}

/** Fills a table of each engine. A peer that is not installed has none; its contenders report that. */
export async function fillTables(fixtures: string, contents: Contents, engines: Engine[]): Promise<void> {
  for (const engine of engines) {
    const { name, count, bytes, order } = contents;
    // The suffix keeps the files of engines apart.
    const recipe = JSON.stringify([contents, versionOf(engine)]);
    await keep(fixtures, `${name}.${SUFFIXES[engine]}`, recipe, async () => {
      const store = await ENGINES[engine](fixtures, name).catch(unlessMissing);
      for (const part of store ? parts(count, bytes, order) : []) store?.setMany(part);
      await store?.close();
    });
  }
}

const SUFFIXES: Record<Engine, string> = {
  [OURS]: 'ours',
  [SQLITE]: 'sqlite',
  [CLUSTERED]: 'clustered',
  [LMDB]: 'lmdb',
};

function versionOf(engine: Engine): string {
  return engine === OURS ? ourVersion() : peerVersion(engine === LMDB ? 'lmdb' : 'better-sqlite3');
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (!/MODULE_NOT_FOUND$/.test(error.code ?? '')) throw error;
}
