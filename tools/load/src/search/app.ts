import { setImmediate as nextTurn } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { VectorKVault } from 'kohakuvault';
import { DIMENSIONS, embed } from '../../../../examples/support/sentences.ts';

interface Passage {
  document: string;
  version: number;
  text: string;
}

/** How searches run: on the event loop, or in other threads. */
export type Way = 'search' | 'searchAsync';

/** Serves `PUT /documents/<name>`, which replaces a document, and `GET /search?q=<text>`. */
export function searchServer(path: string, way: Way): FastifyInstance {
  const index = new VectorKVault<Passage>(path, { dimensions: DIMENSIONS });
  const { database } = index;
  database.exec(`
    CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, version INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS passages (id INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (name));
    CREATE INDEX IF NOT EXISTS passages_by_document ON passages (document);
  `);
  const versionOf = database.prepare<[string], number>('SELECT version FROM documents WHERE name = ?').pluck();
  const upsert = database.prepare(
    'INSERT INTO documents VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version',
  );
  const idsOf = database.prepare<[string], bigint>('SELECT id FROM passages WHERE document = ?').pluck().safeIntegers();
  const forget = database.prepare('DELETE FROM passages WHERE document = ?');
  const remember = database.prepare('INSERT INTO passages VALUES (?, ?)');

  /** Replaces a document: its passages, their vectors and our own rows change together, or not at all. */
  const replace = (document: string, passages: readonly string[]): number => {
    const vectors = passages.map(embed); // before the transaction, which others wait for
    return index.transaction(() => {
      const version = (versionOf.get(document) ?? 0) + 1;
      for (const id of idsOf.all(document)) index.delete(id);
      forget.run(document);
      upsert.run(document, version);
      const rows = passages.map((text, at) => [vectors[at] ?? [], { document, version, text }] as const);
      for (const id of index.insertMany(rows)) remember.run(id, document);
      return version;
    });
  };

  /** Resolves in a turn of the event loop in which no other search begins: those that arrive together would add up. */
  let last: Promise<unknown> = Promise.resolve();
  const ownTurn = () => {
    last = last.then(() => nextTurn());
    return last;
  };

  const app = Fastify();
  app.put<{ Params: { name: string }; Body: string[] }>(
    '/documents/:name',
    { schema: { body: { type: 'array', items: { type: 'string' } } } },
    (request) => ({ version: replace(request.params.name, request.body) }),
  );
  app.get<{ Querystring: { q: string } }>(
    '/search',
    { schema: { querystring: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] } } },
    async (request) => {
      if (way === 'search') await ownTurn();
      const found = await index[way](embed(request.query.q), 10);
      return found.map(({ distance, value }) => ({ distance, ...value }));
    },
  );
  app.setErrorHandler((error: NodeJS.ErrnoException, _request, reply) => {
    if (error.code === 'KV_BUSY') return reply.code(503).header('retry-after', 1).send({ error: 'busy' });
    return reply.send(error);
  });
  app.addHook('onClose', () => index.close());
  return app;
}
