import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KVault } from '@kohakuvault/kvault';
import { SessionVault } from '@kohakuvault/session';
import session from 'express-session';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

declare module 'express-session' {
  interface SessionData {
    visits: number;
  }
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
type WithSession = IncomingMessage & { session: session.Session & Partial<session.SessionData> };

/** Starts a server with sessions. Returns what requests a path with the cookie of the one before. */
async function serve(store: SessionVault, options: Partial<session.SessionOptions> = {}) {
  const middleware = session({
    secret: 'test',
    resave: false,
    saveUninitialized: false,
    store,
    ...options,
  }) as unknown as Middleware;
  const server = createServer((request, response) => {
    middleware(request, response, (error) => {
      const { session } = request as WithSession;
      if (error) return void response.writeHead(500).end(String(error));
      if (request.url === '/logout') return void session.destroy((failed) => response.end(String(failed ?? 'out')));
      if (request.url === '/renew') {
        return void session.regenerate(() => {
          session.visits = 0;
          response.end('renewed');
        });
      }
      if (request.url === '/visit') session.visits = (session.visits ?? 0) + 1;
      response.end(String(session.visits));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => {
    server.close();
    if (store.vault.open) store.close();
  });
  const { port } = server.address() as AddressInfo;
  let cookie = '';
  return async (path: string) => {
    const response = await fetch(`http://localhost:${port}${path}`, { headers: { cookie } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response.text();
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what the store returns.
function call(run: (callback: (error?: unknown, result?: any) => void) => void): Promise<any> {
  return new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));
}

test('a session lives in the file, over several requests and stores', async () => {
  const file = tempFile();
  const first = new SessionVault(file);
  const request = await serve(first);
  expect(await request('/')).toBe('undefined');
  expect(first.vault.size).toBe(0);
  expect([await request('/visit'), await request('/visit')]).toEqual(['1', '2']);
  expect(first.vault.size).toBe(1);
  using other = new KVault(file, { table: 'sessions', valueEncoding: 'utf8' });
  expect(JSON.parse([...other.values()][0] as string)).toMatchObject({ visits: 2 });
  expect(await request('/')).toBe('2');
  expect(await request('/logout')).toBe('out');
  expect(first.vault.size).toBe(0);
});

test('regenerate gives the session another id', async () => {
  const store = new SessionVault(tempFile());
  const request = await serve(store);
  await request('/visit');
  const [before] = store.vault.keys();
  await request('/renew');
  expect(await call((callback) => store.get(before as string, callback))).toBeNull();
});

test('a session that expires is gone, and each request lets it live on', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const store = new SessionVault(tempFile());
  const request = await serve(store, { cookie: { maxAge: 10_000 }, rolling: true });
  await request('/visit');
  for (let turn = 0; turn < 3; turn++) {
    vi.setSystemTime(Date.now() + 6_000);
    expect(await request('/')).toBe('1');
  }
  vi.setSystemTime(Date.now() + 11_000);
  expect(await request('/')).toBe('undefined');
  expect(store.vault.size).toBe(0);
});

test('what the framework asks of a store', async () => {
  const store = new SessionVault(tempFile(), { ttl: 60_000 });
  onTestFinished(() => store.close());
  const cookie = { originalMaxAge: null } as session.Cookie;
  await call((callback) => store.set('a', { cookie, visits: 1 }, callback));
  await call((callback) => store.set('b', { cookie, visits: 2 }, callback));
  await call((callback) => store.touch('none', { cookie, visits: 2 }, callback as () => void));
  expect(await call((callback) => store.length(callback))).toBe(2);
  expect(await call((callback) => store.all(callback))).toMatchObject({ a: { visits: 1 }, b: { visits: 2 } });
  await call((callback) => store.destroy('a', callback));
  expect(await call((callback) => store.get('a', callback))).toBeNull();
  await call((callback) => store.clear(callback));
  expect(await call((callback) => store.length(callback))).toBe(0);
  store.set('c', { cookie, visits: 3 });
  expect(store.vault.has('c')).toBe(true);
});

test('errors go to the callback', async () => {
  const store = new SessionVault(tempFile());
  store.close();
  await expect(call((callback) => store.get('a', callback))).rejects.toMatchObject({ code: 'KV_CLOSED' });
  expect(() => new SessionVault(tempFile(), { tll: 5 } as never)).toThrow('did you mean ttl?');
});
