// Files that are too long to send: a video that seeks, many keys, many points. STUDIO_LARGE=1 takes the full sizes.
import { Readable } from 'node:stream';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { webm } from '../src/webm.ts';
import { eventually, openPage, polled, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();
const isLarge = process.env.STUDIO_LARGE === '1';
const VIDEO_BYTES = isLarge ? 2_100_000_000 : 120_000_000;
const KEYS = isLarge ? 1_000_000 : 100_000;
const POINTS = isLarge ? 100_000_000 : 10_000_000;
const SECONDS = 60;

test(`a video of ${VIDEO_BYTES / 1e6} MB seeks, and only what it needs is sent`, async () => {
  const file = tempFile();
  const page = await browser().newPage();
  // A lossy WebP is a key frame of VP8.
  const picture = await page.evaluate<string>(`(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 320;
    canvas.height = 180;
    const context = canvas.getContext('2d');
    context.fillStyle = 'darkorange';
    context.fillRect(0, 0, 320, 180);
    return canvas.toDataURL('image/webp', 0.8);
  })()`);
  await page.close();
  const webp = Buffer.from(picture.slice(picture.indexOf(',') + 1), 'base64');
  {
    using vault = new KVault(file);
    await vault.putFile('film.webm', Readable.from(webm(webp, SECONDS, Math.floor(VIDEO_BYTES / SECONDS))));
  }
  const studio = await startedStudio({ file });
  const opened = await openPage(browser(), studio, '#/0/keys/kv?key=t:film.webm');
  await opened.page.getByText('320 × 180 pixels').waitFor();
  const ask = (expression: string) => opened.page.evaluate(`document.querySelector('video').${expression}`);
  expect(await ask('duration')).toBeCloseTo(SECONDS, 0);
  for (const second of [50.5, 3.5]) {
    await ask(`currentTime = ${second}`);
    await eventually(() => ask('seeking'), false);
    await polled(() => ask('readyState')).toBeGreaterThanOrEqual(2);
    expect(await ask('currentTime')).toBeCloseTo(second, 1);
  }
  const memory = process.memoryUsage().rss;
  expect(memory).toBeLessThan(VIDEO_BYTES + 1e9);
});

test(`${KEYS} keys are scrolled through, from end to end`, async () => {
  const file = tempFile();
  const name = (key: number) => `key:${String(key).padStart(8, '0')}`;
  {
    using vault = new KVault(file);
    vault.cache(() => {
      for (let key = 0; key < KEYS; key++) vault.set(name(key), key);
    });
  }
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv');
  await page.getByText(`${KEYS.toLocaleString('en-US')} keys`).waitFor();
  const list = page.getByRole('listbox');
  const rows = page.getByRole('option');
  await rows.filter({ hasText: name(0) }).waitFor();
  // Few rows are there, whatever the length.
  expect(await rows.count()).toBeLessThan(100);
  await list.focus();
  await page.keyboard.press('End');
  await rows.filter({ hasText: name(KEYS - 1) }).waitFor();
  await page.getByRole('heading', { name: name(KEYS - 1) }).waitFor();
  await page.keyboard.press('k');
  await page.getByRole('heading', { name: name(KEYS - 2) }).waitFor();
  // The bar: half of the way is the middle.
  const scrollTo = (share: number) =>
    page.evaluate(`(() => {
      const list = document.querySelector('[role=listbox]');
      list.scrollTop = list.scrollHeight * ${share};
    })()`);
  await scrollTo(0.5);
  await rows.filter({ hasText: name(KEYS / 2) }).waitFor();
  await scrollTo(0);
  await rows.filter({ hasText: name(0) }).waitFor();
});

test(`a curve of ${POINTS / 1e6} million points is drawn and zoomed without sending them`, async () => {
  const file = tempFile();
  {
    using columns = new ColumnVault(file);
    const column = columns.ensure('wave', 'f64');
    const part = new Float64Array(1_000_000);
    for (let start = 0; start < POINTS; start += part.length) {
      for (let at = 0; at < part.length; at++) part[at] = Math.sin((start + at) / 400_000);
      // A peak of one element, which no reduction may lose.
      if (start === 3_000_000) part[123_456] = 9;
      column.extend(part);
    }
  }
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio);
  let sent = 0;
  page.on('response', async (answer) => {
    if (answer.url().includes('/columns/curve')) sent += (await answer.body().catch(() => Buffer.alloc(0))).length;
  });
  await page.goto(`${studio.url.replace(/\?.*/, '')}#/0/columns?show=wave`);
  await page
    .getByText(`of ${POINTS.toLocaleString('en-US')}`)
    .first()
    .waitFor();
  const [from, to] = [3_123_000, 3_124_000];
  await page.goto(`${studio.url.replace(/\?.*/, '')}#/0/columns?show=wave&from=${from}&to=${to}`);
  await page.getByText('Rows 3,123,000 to 3,123,999').waitFor();
  await page.goto(`${studio.url.replace(/\?.*/, '')}#/0/columns?show=wave&tab=histogram`);
  await page.getByText('Highest').waitFor();
  await eventually(() => page.locator('dl', { hasText: 'Highest' }).getByText('9', { exact: true }).count(), 1);
  expect(sent).toBeLessThan(2_000_000);
});
