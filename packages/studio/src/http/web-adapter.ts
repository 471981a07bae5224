import type { StudioRequest, StudioResponse } from './exchange.ts';

/** Returns a request of the web's `Request`, as Hono and Next have it. */
export function requestOfWeb(request: Request, basePath: string): StudioRequest {
  const url = new URL(request.url);
  const isBelow = basePath !== '' && url.pathname.startsWith(`${basePath}/`);
  return {
    method: request.method,
    base: basePath,
    path: (isBelow ? url.pathname.slice(basePath.length) : url.pathname) || '/',
    query: url.searchParams,
    header: (name) => headerOf(request, url, name),
    body: chunksOf(request),
    signal: request.signal,
  };
}

function headerOf({ headers }: Request, { host }: URL, name: string): string | undefined {
  // Servers of `Response` objects compress by themselves, and Next removes the header that says that a body is.
  if (name === 'accept-encoding') return undefined;
  // A `Request` that was made by a program has no Host header; its URL says what was asked for.
  return headers.get(name) ?? (name === 'host' ? host : undefined);
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Returns the web's `Response`. Its body is made as it is read, and ends when the reader cancels it. */
export function responseOfWeb({ status, headers, body }: StudioResponse, isHead: boolean): Response {
  const isPlain = body === null || typeof body === 'string' || body instanceof Uint8Array;
  if (isHead || isPlain) {
    return new Response(isHead ? null : (body as string | Uint8Array<ArrayBuffer> | null), { status, headers });
  }
  const source = (body as AsyncIterable<string | Uint8Array>)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
    },
    async cancel() {
      await source.return?.();
    },
  });
  return new Response(stream, { status, headers });
}
