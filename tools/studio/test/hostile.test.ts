// What a file may contain, and who may ask: nothing of it runs, and nobody else reads it.
import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();

const SCRIPT = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="globalThis.hacked=1"><script>globalThis.hacked=1</script></svg>`;

test('scripts in keys, values and names are shown, and do not run', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set(SCRIPT, SCRIPT);
    vault.set('object', { [SCRIPT]: SCRIPT, map: new Map([[SCRIPT, SCRIPT]]) });
    vault.set('page.html', Buffer.from(`<!doctype html><title>x</title>${SCRIPT}`));
    vault.set('picture.svg', Buffer.from(SVG));
    vault.set('javascript:globalThis.hacked=1', 1);
    using other = new KVault(vault, { table: `<b onclick="hacked=1">` });
    other.set('a', 1);
    using columns = new ColumnVault(vault);
    columns.createColumn(SCRIPT, 'str:utf8').extend([SCRIPT, SVG]);
    columns.createColumn('numbers <i>', 'f64').extend([1, 2, 3]);
    using texts = new TextVault(vault, { table: 'texts<u>' });
    texts.insert(`${SCRIPT} fox`, { title: SCRIPT });
    using vectors = new VectorKVault(vault, { table: 'vectors', dimensions: 2, metric: 'l2', fields: { tag: 'str' } });
    vectors.insertMany([
      [[0, 1], SCRIPT, { tag: SCRIPT }],
      [[1, 0], { title: SCRIPT }, { tag: 'plain' }],
    ]);
  }
  const studio = await startedStudio({ file, readonly: false });
  const { page, go } = await openPage(browser(), studio);
  const key = encodeURIComponent(`t:${SCRIPT}`);
  const views = [
    ['#/0', 'numbers <i>'],
    [`#/0/keys/kv?key=${key}`, SCRIPT],
    ['#/0/keys/kv?key=t%3Aobject', SCRIPT],
    ['#/0/keys/kv?key=t%3Apage.html', '<title>'],
    ['#/0/keys/kv?key=t%3Ajavascript%3AglobalThis.hacked%3D1', 'javascript:globalThis.hacked=1'],
    [`#/0/keys/${encodeURIComponent('<b onclick="hacked=1">')}`, '<b onclick="hacked=1">'],
    [`#/0/columns?tab=table&show=${encodeURIComponent(SCRIPT)}`, SCRIPT],
    ['#/0/columns?show=numbers%20%3Ci%3E', 'numbers <i>'],
    [`#/0/texts/${encodeURIComponent('texts<u>')}?q=fox`, SCRIPT],
    ['#/0/vectors/vectors?tab=rows', SCRIPT],
    ['#/0/vectors/vectors?color=tag', SCRIPT],
    ['#/0/sql?q=%3Cscript%3Ehacked%3D1%3C%2Fscript%3E', 'SQL'],
    ['#/%3Cscript%3Ehacked%3D1%3C%2Fscript%3E', 'no such file'],
    ['#/0/%3Cscript%3Ehacked%3D1%3C%2Fscript%3E', 'no such view'],
  ] as const;
  for (const [hash, shown] of views) {
    await go(hash);
    await page.getByText(shown).first().waitFor();
    expect(await page.evaluate('globalThis.hacked'), hash).toBeUndefined();
  }
  // A picture of SVG is shown by an <img>, where scripts never run, or as text; and its own address runs nothing.
  await go('#/0/keys/kv?key=t%3Apicture.svg');
  await page.getByRole('heading', { name: 'picture.svg' }).waitFor();
  await page.locator('.text-content, .media img').first().waitFor();
  for (const name of ['picture.svg', 'page.html']) {
    await page.goto(new URL(`api/v1/files/0/raw?table=kv&key=t%3A${name}`, studio.url).href).catch(() => undefined);
    expect(await page.evaluate('globalThis.hacked'), name).toBeUndefined();
  }
});

test('without the token, the page says what to do, and the file stays closed', async () => {
  const file = tempFile();
  new KVault(file).close();
  const studio = await startedStudio({ file });
  const context = await browser().newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(studio.url.replace(/\?.*/, '?token=wrong'));
  await page.getByText('Open the address that it printed').waitFor();
  const answer = await page.request.get(new URL('api/v1/studio', studio.url).href);
  expect(answer.status()).toBe(401);
});

test('a page that lost its token says so', async () => {
  const file = tempFile();
  new KVault(file).close();
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.context().clearCookies();
  await page.reload();
  await page.getByText('This Studio is locked').waitFor();
});

test('a page of another origin reads nothing and changes nothing', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set('secret', 1);
  }
  const studio = await startedStudio({ file, readonly: false });
  const foreign = createServer((_, answer) => answer.end('<!doctype html><title>foreign</title>'));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void foreign.close());
  const { page } = await openPage(browser(), studio);
  await page.getByRole('heading', { level: 1 }).waitFor();
  // The same browser, which has the cookie, and even the same host.
  const stranger = await page.context().newPage();
  await stranger.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
  const address = (path: string) => JSON.stringify(new URL(path, studio.url).href);
  const reads = await stranger.evaluate(
    `fetch(${address('api/v1/files/0/keys?table=kv')}, { credentials: 'include' }).then((answer) => answer.text(), () => 'refused')`,
  );
  expect(reads).toBe('refused');
  await stranger.evaluate(
    `fetch(${address('api/v1/files/0/raw?table=kv&key=t%3Asecret&overwrite=1')}, { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x' }).catch(() => {})`,
  );
  const frame = await stranger.evaluate(`new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = () => { try { resolve(String(frame.contentDocument?.body?.textContent)); } catch { resolve('refused'); } };
    frame.src = ${address('')};
    document.body.append(frame);
  })`);
  expect(['refused', 'null', 'undefined']).toContain(frame);
  using vault = new KVault(file, { readonly: true });
  expect(vault.get('secret')).toBe(1);
});

test('a damaged file shows what is damaged, and the rest', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    for (let key = 0; key < 4_000; key++) vault.set(`key:${String(key).padStart(5, '0')}`, 'x'.repeat(200));
    vault.checkpoint('truncate');
  }
  const { size } = statSync(file);
  const handle = openSync(file, 'r+');
  // In the middle: the first pages, with the schema, stay as they are.
  writeSync(handle, Buffer.alloc(8_192 * 12, 0xee), 0, 8_192 * 12, Math.floor(size / 2 / 8_192) * 8_192);
  closeSync(handle);
  const studio = await startedStudio({ file });
  const { page, go } = await openPage(browser(), studio);
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.getByText('There is damage.').waitFor();
  await page.getByText('damaged', { exact: true }).first().waitFor();
  await go('#/0/keys/kv');
  await page.getByRole('heading', { name: 'kv' }).waitFor();
  await page.getByRole('option').or(page.getByRole('alert')).first().waitFor();
});

test('a file that goes away while it is open is said to be gone', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set('a', 1);
  }
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv');
  await page.getByRole('option', { name: /^a/ }).waitFor();
  renameSync(file, `${file}.away`);
  await page.getByRole('alert').getByText('The file has gone').waitFor();
});
