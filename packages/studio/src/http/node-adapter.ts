import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StudioRequest, StudioResponse } from './exchange.ts';

/** What Express and the like add to a request. */
interface Mounted extends IncomingMessage {
  readonly baseUrl?: string;
  readonly originalUrl?: string;
}

/** Returns a request of Node's `http`. It is aborted when its client goes away before the answer has ended. */
export function requestOfNode(
  message: IncomingMessage,
  answer: ServerResponse,
  basePath: string | undefined,
): StudioRequest {
  const { baseUrl } = message as Mounted;
  const url = new URL(message.url ?? '/', 'http://localhost');
  const base = basePath ?? baseUrl ?? '';
  // Express has removed the base already.
  const isBelow = baseUrl === undefined && base !== '' && url.pathname.startsWith(`${base}/`);
  const gone = new AbortController();
  answer.on('close', () => {
    if (!answer.writableFinished) gone.abort();
  });
  return {
    method: message.method ?? 'GET',
    base,
    path: (isBelow ? url.pathname.slice(base.length) : url.pathname) || '/',
    query: url.searchParams,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: message,
    signal: gone.signal,
  };
}

/** Sends a response by Node's `http`. A client that goes away ends what makes the body. */
export async function sendByNode(answer: ServerResponse, { status, headers, body }: StudioResponse, isHead: boolean) {
  answer.writeHead(status, headers);
  if (isHead || body === null) {
    answer.end();
    if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) await endOf(body);
    return;
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    answer.end(body);
    return;
  }
  try {
    await pipeline(
      body instanceof Readable ? body : Readable.from(body, { objectMode: true, highWaterMark: 1 }),
      answer,
    );
  } catch {
    // The client has gone, or the body failed in the middle: the connection is closed, which tells the client.
    answer.destroy();
  }
}

async function endOf(body: AsyncIterable<unknown>): Promise<void> {
  if (body instanceof Readable) body.destroy();
  else await body[Symbol.asyncIterator]().return?.(undefined);
}
