import { join } from 'node:path';
import { Child } from '../common/child.ts';
import { closeConnections, send } from '../common/http.ts';
import { type LoadResult, type LoadSettings, load } from '../common/load.ts';
import { workFolder } from '../common/work-folder.ts';
import type { Way } from './app.ts';
import { PASSAGES, passagesOf, queryOf } from './passages.ts';

export interface SearchSettings extends LoadSettings {
  clients: number;
  passages: number;
  way: Way;
}

export const PROGRAM = join(import.meta.dirname, 'process.ts');

/** Clients search in one process, while documents are replaced in another. */
export async function loadSearch(settings: SearchSettings): Promise<LoadResult> {
  const { clients, passages, way } = settings;
  const folder = workFolder();
  const start = () => new Child(PROGRAM, [join(folder.path, 'documents.db'), way]);
  const children = { searching: start(), replacing: start() };
  try {
    const [searching, replacing] = await Promise.all([
      children.searching.next<number>('port'),
      children.replacing.next<number>('port'),
    ]);
    const documents = Math.ceil(passages / PASSAGES);
    for (let document = 0; document < documents; document++) await replaceDocument(replacing, document, 0);
    let version = 1;
    const work = [
      {
        work: way,
        clients,
        once: async (turn: number) => {
          const { status, length } = await send(searching, `/search?q=${encodeURIComponent(queryOf(turn))}`);
          if (status !== 200) throw new Error(`a search answered ${status}`);
          return length;
        },
      },
      {
        work: 'document replaced',
        clients: 1,
        once: async (turn: number) => {
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
          return replaceDocument(replacing, turn % documents, version++);
        },
      },
    ];
    const done = await load(settings, work, children);
    closeConnections();
    await Promise.all(Object.values(children).map((child) => child.stop()));
    return { program: 'document search', settings: { ...settings }, ...done };
  } finally {
    await Promise.all(Object.values(children).map((child) => child.kill()));
    folder.remove();
  }
}

/** Between two replaced documents. */
const PAUSE_MS = 200;

/** Has a server replace a document. Returns the number of bytes that were sent. */
export async function replaceDocument(port: number, document: number, version: number): Promise<number> {
  const body = Buffer.from(JSON.stringify(passagesOf(document, version)));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const { status } = await send(port, `/documents/${document}`, { method: 'PUT', headers, body });
  if (status !== 200) throw new Error(`a replaced document answered ${status}`);
  return body.length;
}
