import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestOfNode, sendByNode } from './http/node-adapter.ts';
import { requestOfWeb, responseOfWeb } from './http/web-adapter.ts';
import { checkHandlerOptions, type HandlerOptions, type StudioSource } from './options.ts';
import { studioOf } from './start-studio.ts';

/**
 * A Studio in a server of the user. Called with a request and an answer of Node's `http`, it is a handler for that, and
 * for Express; `fetch` takes and returns the web's `Request` and `Response`, for Hono, Next and others.
 */
export interface StudioHandler {
  (message: IncomingMessage, answer: ServerResponse): void;
  fetch(request: Request): Promise<Response>;
  /** The path with the token, below where the handler is mounted. */
  readonly entrance: string;
  close(): Promise<void>;
}

/** Returns a request handler that shows the file of an open vault, or of several. */
export function studioHandler(vaults: StudioSource | readonly StudioSource[], options?: HandlerOptions): StudioHandler {
  const { basePath, readonly = true, embed, hosts, authorize } = checkHandlerOptions(options);
  const studio = studioOf(Array.isArray(vaults) ? vaults : [vaults], { readonly, embed, hosts, authorize });
  const handler = (message: IncomingMessage, answer: ServerResponse) => {
    if (isWithoutSlash(message, basePath)) {
      // Relative addresses in the page need the slash.
      answer.writeHead(308, { location: `${pathOf(message)}/${queryOf(message)}` }).end();
      return;
    }
    const request = requestOfNode(message, answer, basePath);
    void studio.answer(request).then((response) => sendByNode(answer, response, request.method === 'HEAD'));
  };
  return Object.assign(handler, {
    fetch: async (request: Request): Promise<Response> => {
      const url = new URL(request.url);
      if (basePath && url.pathname === basePath) {
        return new Response(null, { status: 308, headers: { location: `${basePath}/${url.search}` } });
      }
      const asked = requestOfWeb(request, basePath ?? '');
      return responseOfWeb(await studio.answer(asked), request.method === 'HEAD');
    },
    entrance: studio.entrance,
    close: () => studio.close(),
  });
}

function addressOf(message: IncomingMessage): string {
  return (message as { originalUrl?: string }).originalUrl ?? message.url ?? '/';
}

function pathOf(message: IncomingMessage): string {
  return addressOf(message).split('?')[0] as string;
}

function queryOf(message: IncomingMessage): string {
  const address = addressOf(message);
  return address.includes('?') ? address.slice(address.indexOf('?')) : '';
}

function isWithoutSlash(message: IncomingMessage, basePath: string | undefined): boolean {
  const base = basePath ?? (message as { baseUrl?: string }).baseUrl;
  return base !== undefined && base !== '' && pathOf(message) === base;
}
