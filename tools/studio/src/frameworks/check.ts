import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { KVault } from '@kohakuvault/kvault';
import { REQUEST_HEADER } from '@kohakuvault/studio';
import { launchChromium } from '../chromium.ts';
import type { App } from './started-app.ts';

/** Without an end, and without a row. */
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0';
/** An app that does not tell of a client that has gone lets the statements run for a minute. */
const PATIENCE = 30_000;

/** Uses a mounted Studio as a browser and as a program do. */
export async function checkMounted({ base, entrance }: App, file: string): Promise<void> {
  const studio = `${base}/studio`;
  const token = new URLSearchParams(entrance.split('?')[1]).get('token');
  const headers = { authorization: `Bearer ${token}`, [REQUEST_HEADER]: '1', 'content-type': 'application/json' };
  const api = (path: string, init: RequestInit = {}) =>
    fetch(`${studio}/api/v1/files/0/${path}`, { ...init, headers: { ...headers, ...init.headers } });

  equal((await fetch(`${studio}/`)).status, 401);
  const redirected = await fetch(`${studio}${entrance.replace('/', '')}`);
  equal(new URL(redirected.url).pathname, '/studio/');
  equal(redirected.status, 200);

  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(studio + entrance);
    await page.getByRole('main').getByRole('link', { name: /kv/ }).first().click();
    await page.getByRole('option', { name: /greeting/ }).click();
    await page.getByRole('article').getByText('hello').first().waitFor();
    await page.getByText('Following the file').waitFor();
    ok(page.url().startsWith(`${studio}/#/0/keys/kv`));
  } finally {
    await browser.close();
  }

  const part = await api('raw?table=kv&key=t:bytes', { headers: { range: 'bytes=10-19' } });
  equal(part.status, 206);
  deepEqual([...new Uint8Array(await part.arrayBuffer())], [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);

  const sent = Buffer.alloc(3_000_000, 7);
  const upload = await api('raw?table=kv&key=t:sent', {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: sent,
  });
  equal(upload.status, 200);
  {
    using vault = new KVault(file, { readonly: true });
    ok(sent.equals(vault.get('sent') as Buffer));
  }

  const stop = new AbortController();
  const events = await fetch(`${studio}/api/v1/events`, { headers, signal: stop.signal });
  const { value } = (await events.body?.getReader().read()) ?? {};
  match(Buffer.from(value ?? []).toString(), /"type":"hello"/);
  stop.abort();

  const query = (sql: string, signal: AbortSignal) =>
    api('sql/query', { method: 'POST', body: JSON.stringify({ sql, timeoutMs: 60_000 }), signal });
  const left = new AbortController();
  const endless = [1, 2].map(() => query(ENDLESS, left.signal).catch((error: Error) => error.name));
  // Whatever comes first, they run before the next one.
  await api('overview');
  left.abort();
  deepEqual(await Promise.all(endless), ['AbortError', 'AbortError']);
  const next = await query('SELECT 1 AS one', AbortSignal.timeout(PATIENCE));
  deepEqual(((await next.json()) as { rows: unknown }).rows, [[1]]);
}
