import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { KVault } from 'kohakuvault';

interface Facts {
  blob: string;
  type: string;
  size: number;
}

const HOUR = 3_600_000;
const MIB = 1024 * 1024;

/** An upload waits so long for another writer before it is refused. */
const BUSY_MS = 60_000;

/** Serves files of one database: `PUT /files/<name>`, `GET /files/<name>`, also by range. */
export function mediaServer(path: string, idleMs = 30_000): FastifyInstance {
  // Longer values are written 1 MiB at a time, so that no write takes long.
  const blobs = new KVault(path, { table: 'blobs', maxBlobBytes: MIB, busyTimeout: BUSY_MS });
  const facts = new KVault<Facts>(blobs, { table: 'facts' });
  // A socket without traffic ends, and with it the stream that a stalled download holds.
  const app = Fastify({ connectionTimeout: idleMs, exposeHeadRoutes: false, forceCloseConnections: 'idle' });
  app.removeAllContentTypeParsers(); // a body is a stream, whatever its type
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  app.put<{ Params: { name: string }; Body: Readable }>('/files/:name', async (request, reply) => {
    // Nothing comes or goes while the body is stored. Node sets the time again for the next request.
    request.raw.once('end', () => request.raw.socket.setTimeout(0));
    const { 'content-type': type = 'application/octet-stream', 'content-length': length } = request.headers;
    // An upload never changes bytes that somebody reads: it gets a key of its own, which begins with the time.
    const blob = `${Date.now()}:${randomUUID()}`;
    const size = await blobs.putFile(blob, request.body, {
      ...(length === undefined ? {} : { size: Number(length) }),
      onCommit: ({ size }) => facts.set(request.params.name, { blob, type, size }), // both are stored, or neither
    });
    return reply.code(201).send({ size }); // from here on it outlives the process
  });

  app.get<{ Params: { name: string } }>('/files/:name', (request, reply) => {
    const found = facts.get(request.params.name);
    if (found === undefined) return reply.code(404).send({ error: 'there is no such file' });
    const range = rangeOf(request.headers.range, found.size);
    if (range === 'none') return reply.code(416).header('content-range', `bytes */${found.size}`).send();
    const { start, end } = range ?? { start: 0, end: found.size - 1 };
    if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${found.size}`);
    reply.type(found.type).headers({ 'accept-ranges': 'bytes', 'content-length': end - start + 1 });
    return reply.send(blobs.createReadStream(found.blob, { start, end }));
  });

  app.setErrorHandler((error: NodeJS.ErrnoException, _request, reply) => {
    if (error.code === 'KV_BUSY') return reply.code(503).header('retry-after', 1).send({ error: 'busy' });
    return reply.send(error);
  });

  /** Removes the bytes of replaced files, an hour after their upload began: no download needs them then. */
  const sweep = () => {
    try {
      blobs.transaction(() => {
        const used = new Set(Array.from(facts.values(), ({ blob }) => blob));
        for (const blob of blobs.keys({ lt: `${Date.now() - HOUR}` })) if (!used.has(blob)) blobs.delete(blob);
      });
    } catch (error) {
      app.log.warn(error); // busy: the next sweep does it
    }
  };
  const sweeping = setInterval(sweep, HOUR).unref();
  sweep();
  app.addHook('onClose', () => {
    clearInterval(sweeping);
    facts.close();
    blobs.close(); // the last share: the connection closes, and the WAL goes into the file
  });
  return app;
}

/** Returns the bytes that a header asks for, undefined for all of them, and 'none' if they do not exist. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : 'none';
}
