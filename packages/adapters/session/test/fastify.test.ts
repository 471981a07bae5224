import cookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { SessionVault } from '@kohakuvault/session/fastify';
import fastify from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

declare module 'fastify' {
  interface Session {
    visits?: number;
  }
}

async function serve(store: SessionVault, maxAge?: number) {
  const app = fastify();
  await app.register(cookie);
  await app.register(fastifySession, {
    secret: 'a secret of thirty-two characters',
    cookie: { secure: false, ...(maxAge && { maxAge }) },
    saveUninitialized: false,
    store,
  });
  app.get('/visit', async ({ session }) => {
    session.visits = (session.visits ?? 0) + 1;
    return session.visits;
  });
  app.get('/', async ({ session }) => String(session.visits));
  app.get('/logout', async ({ session }) => {
    await session.destroy();
    return 'out';
  });
  onTestFinished(async () => {
    await app.close();
    store.close();
  });
  let sent: Record<string, string> = {};
  return async (url: string) => {
    const response = await app.inject({ url, cookies: sent });
    for (const { name, value } of response.cookies) sent = { ...sent, [name]: value };
    return response.body;
  };
}

test('a session lives in the file', async () => {
  const store = new SessionVault(tempFile());
  const request = await serve(store);
  expect([await request('/visit'), await request('/visit'), await request('/')]).toEqual(['1', '2', '2']);
  expect(store.vault.size).toBe(1);
  expect(await request('/logout')).toBe('out');
  expect(store.vault.size).toBe(0);
});

test('a session that expires is gone', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const store = new SessionVault(tempFile());
  const request = await serve(store, 10_000);
  await request('/visit');
  vi.setSystemTime(Date.now() + 11_000);
  expect(await request('/')).toBe('undefined');
  expect(store.vault.size).toBe(0);
});
