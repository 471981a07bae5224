// Every view of the page, in a real browser, over a file with something of everything.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KVault } from '@kohakuvault/kvault';
import type { RunningStudio } from '@kohakuvault/studio';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDemoFile } from '../src/demo-file.ts';
import { eventually, openPage, polled, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-test-'));
const file = join(folder, 'demo.db');
let studio: RunningStudio;
beforeAll(async () => {
  makeDemoFile(file);
  studio = await startedStudio({ file }, (close) => afterAll(close));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (hash: string, options = {}) => openPage(browser(), studio, hash, options);

/** How many pixels of a canvas are not empty. */
function inkOf(page: Page, canvas: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(canvas)});
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let ink = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) ink++;
    return ink;
  })()`);
}

describe('overview', () => {
  test('shows what is in the file, where the bytes are, and that it is sound', async () => {
    const { page } = await open('');
    await page.getByRole('heading', { name: 'demo.db' }).waitFor();
    for (const part of ['kv 658 keys', 'baseline 20K rows', 'films 3,000 vectors', 'articles 12 documents']) {
      await page.getByRole('link', { name: part }).waitFor();
    }
    await page
      .getByRole('region', { name: 'Where the bytes are' })
      .getByRole('link', { name: /latency/ })
      .waitFor();
    await page.getByRole('button', { name: 'Check the file' }).click();
    await page.getByText(/All is sound/).waitFor();
    expect(await page.getByText('damaged').count()).toBe(0);
    await page.getByRole('region', { name: 'What Python can read' }).getByText('kv', { exact: true }).waitFor();
    // The token is not in the address any more, where it would be copied and bookmarked.
    expect(page.url()).not.toContain('token');
  });
});

describe('keys', () => {
  test('are walked through by keyboard, and Back goes back', async () => {
    const { page } = await open('#/0/keys/kv');
    await page.getByRole('option', { name: /examples\/config\.json/ }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'examples/config.json' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'examples/cycle' }).waitFor();
    await page.keyboard.press('k');
    await page.getByRole('heading', { name: 'examples/config.json' }).waitFor();
    await page.getByRole('option', { name: /run:0001/ }).click();
    await page.getByRole('heading', { name: 'run:0001' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'examples/config.json' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'examples/config.json' }).waitFor();
  });

  test('are found by text, by prefix, by range and in folders, in both orders', async () => {
    const { page, go } = await open('#/0/keys/kv');
    const first = page.getByRole('option').first();
    await first.waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('RUN:00');
    await eventually(() => first.locator('.key').textContent(), 'run:0001');
    await eventually(() => first.locator('mark').textContent(), 'run:00');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('^user:24');
    await page.getByText('11 keys').waitFor();
    await go('#/0/keys/kv?from=user:10&to=user:12');
    await page.getByText('22 keys').waitFor();
    await go('#/0/keys/kv?reverse=1');
    await eventually(() => first.locator('.key').textContent(), 'user:99');
    await go('#/0/keys/kv');
    await page.getByRole('button', { name: 'By /' }).click();
    await page.getByRole('option', { name: /^media/ }).click();
    await page.getByRole('option', { name: /sunset\.png/ }).waitFor();
    expect(await page.getByRole('option').count()).toBe(4);
    await page.keyboard.press('u');
    await page.getByRole('option', { name: /^examples/ }).waitFor();
  });

  test('are selected and exported', async () => {
    const { page } = await open('#/0/keys/kv?find=user:');
    await page
      .getByRole('option', { name: /user:1 / })
      .first()
      .waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('2 keys selected').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('user:1');
  });
});

describe('values', () => {
  test('are shown with their types', async () => {
    const { page, go } = await open('#/0/keys/kv?key=t:run:0001');
    const tree = page.locator('.tree');
    await tree.getByText('small-transformer').waitFor();
    const text = await tree.textContent();
    for (const part of ['Date', 'Set(2)', 'Map(2)', '124439808n', 'Float32Array(512)', '"accuracy" →']) {
      expect(text).toContain(part);
    }
    await go('#/0/keys/kv?key=t:examples/cycle');
    await tree.getByText(/the same as/).waitFor();
    expect(await tree.textContent()).toContain(`${2n ** 80n}n`);
    await go('#/0/keys/kv?key=t:examples/error');
    await tree.getByText('RangeError: the disk is full', { exact: true }).waitFor();
  });

  test('that are pictures, sounds, texts, bytes and tensors are shown as that', async () => {
    const { page, go } = await open('#/0/keys/kv?key=t:media/sunset.png');
    await page.getByText('480 × 300 pixels').waitFor();
    await go('#/0/keys/kv?key=t:media/tone.wav');
    await polled(() => page.evaluate(`document.querySelector('audio')?.duration`)).toBeCloseTo(2, 2);
    await go('#/0/keys/kv?key=t:examples/report.md');
    await page.locator('.text-content .hl-name', { hasText: '# Report' }).waitFor();
    await go('#/0/keys/kv?key=t:media/digit');
    await page.getByRole('img', { name: /28 by 28 pixels/ }).waitFor();
    await polled(() => inkOf(page, '.media canvas')).toBe(28 * 28);
    await page.getByRole('button', { name: 'Numbers' }).click();
    await page.getByRole('region', { name: 'Numbers of the tensor' }).getByText('[5]').waitFor();
    await go('#/0/keys/kv?key=t:media/noise.bin');
    using vault = new KVault(file, { readonly: true });
    const bytes = vault.get('media/noise.bin') as Buffer;
    const row = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    await page.getByRole('region', { name: 'Bytes in hex' }).getByText(row).waitFor();
    await page.keyboard.press('b');
    await page.getByRole('button', { name: 'Bytes', pressed: true }).waitFor();
  });

  test('give the code that reads them', async () => {
    const { page } = await open('#/0/keys/kv?key=t:user:1', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByText('Person 1').waitFor();
    await page.keyboard.press('c');
    await page.getByText('Copied TypeScript.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('user:1');
  });
});

describe('columns', () => {
  test('are drawn, zoomed and read', async () => {
    const { page } = await open('#/0/columns?show=baseline.loss&show=cosine.loss');
    await page.getByText('Rows 0 to 19,999 of 20,000').waitFor();
    await polled(() => inkOf(page, '.chart canvas')).toBeGreaterThan(1_000);
    await page.keyboard.press('+');
    await page.waitForURL(/from=\d+&to=\d+/);
    await page.getByText(/Rows (?:4|5),\d{3} to 1(?:4|5),\d{3} of 20,000/).waitFor();
    const before = page.url();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((url) => url.href !== before);
    await page.keyboard.press('0');
    await page.getByText('Rows 0 to 19,999 of 20,000').waitFor();
    await page.keyboard.press('l');
    await page.waitForURL(/log=1/);
    await page.getByLabel('Smoothing').fill('0.9');
    await page.waitForURL(/smooth=0\.9/);
    // A drag zooms; in the other mode it reads what is under it.
    const chart = page.locator('.u-over');
    await drag(page, chart, 0.2, 0.4);
    await page.waitForURL(/from=\d+&to=\d+/);
    await page.keyboard.press('0');
    await page.keyboard.press('r');
    await page.getByText('Rows 0 to 19,999 of 20,000').waitFor();
    await drag(page, chart, 0.5, 0.6);
    await page.getByRole('row', { name: /^cosine\.loss/ }).waitFor();
    await page.getByLabel('Across').selectOption('baseline.step');
    await page.getByText('baseline.step 19,999').waitFor();
  });

  test('have histograms, statistics, tables and a search', async () => {
    const { page, go } = await open('#/0/columns?show=latency&tab=histogram');
    await page.getByRole('img', { name: /Histogram in 60 bins/ }).waitFor();
    await page.getByText('95% are below').waitFor();
    await go('#/0/columns?show=baseline.step&show=messages&tab=table');
    await page.getByRole('button', { name: 'saved a checkpoint at 0' }).waitFor();
    await page.getByLabel('Go to row').fill('1234');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'took a step at 1234' }).click();
    await page.getByRole('dialog').getByText('took a step at 1234').waitFor();
    await page.keyboard.press('Escape');
    await go('#/0/columns?show=messages&tab=search&find=CHECKPOINT');
    await page.getByText('50 matches').waitFor();
    await go('#/0/columns?show=latency&tab=search&find=25..26');
    await page.getByText(/\d+ match/).waitFor();
  });
});

async function drag(page: Page, chart: ReturnType<Page['locator']>, from: number, to: number): Promise<void> {
  const box = await chart.boundingBox();
  if (!box) throw new Error('the chart is not there');
  await page.mouse.move(box.x + box.width * from, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
}

describe('vectors', () => {
  test('are a map, whose points a lasso lists', async () => {
    const { page } = await open('#/0/vectors/films?color=genre');
    await page.getByText(/3,000 vectors, [\d.]+% of the variance/).waitFor();
    await page.getByText('noir').waitFor();
    await polled(() => inkOf(page, '.map canvas')).toBeGreaterThan(1_000);
    await page.getByRole('button', { name: 'Lasso' }).click();
    const box = await page.locator('.map canvas').boundingBox();
    if (!box) throw new Error('the map is not there');
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.mouse.down();
    for (const [x, y] of [
      [box.width - 5, 5],
      [box.width - 5, box.height - 5],
      [5, box.height - 5],
    ] as const) {
      await page.mouse.move(box.x + x, box.y + y);
    }
    await page.mouse.up();
    const rows = page.getByRole('region', { name: 'Vectors in the lasso' });
    await rows.getByText('3,000 vectors').waitFor();
    await rows.getByRole('button', { name: /Film 1$/ }).click();
    await page.getByRole('dialog', { name: 'Vector 1' }).getByRole('img', { name: 'The 24 elements' }).waitFor();
    await page.getByRole('button', { name: 'Nearest to this' }).click();
    await page.getByRole('cell', { name: 'drama' }).first().waitFor();
  });

  test('are searched by a row, a vector and a condition, and the index is measured', async () => {
    const { page, go } = await open('#/0/vectors/films?tab=search');
    await page.getByLabel('Id of the row').fill('7');
    await page.getByLabel('Where').fill('{"year": {"$gte": 1990}}');
    await page.keyboard.press('Enter');
    await page.getByText(/10 rows in/).waitFor();
    const years = await page.locator('tbody td:nth-child(4)').allInnerTexts();
    expect(years.map((year) => Number.parseInt(year, 10)).every((year) => year >= 1990)).toBe(true);
    await go('#/0/vectors/films?tab=search&by=vector');
    await page.getByLabel('Vector').fill('[1, 2]');
    await page.getByRole('button', { name: 'Search', exact: true }).last().click();
    await page.getByText('The vector has 2 numbers; this table expects 24.').waitFor();
    await page.getByLabel('Vector').fill(`[${Array.from({ length: 24 }, () => 0.1).join(', ')}]`);
    await page.getByRole('button', { name: 'Search', exact: true }).last().click();
    await page.getByText(/10 rows in/).waitFor();
    await go('#/0/vectors/films?tab=index');
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByText(/nearest vectors are found/).waitFor();
    await go('#/0/vectors/films?tab=rows');
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('button', { name: '200', exact: true }).waitFor();
  });
});

test('texts are searched, with marks and suggestions', async () => {
  const { page } = await open('#/0/texts/articles');
  await page.getByRole('button', { name: /^Amber/ }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('fo');
  // The words of the index that begin so.
  await polled(() =>
    page.evaluate<string[]>(`[...document.querySelectorAll('datalist option')].map(({ value }) => value)`),
  ).toContain('foxes');
  await page.keyboard.type('x');
  await page.getByText(/^2 documents in/).waitFor();
  expect(await page.locator('mark').allInnerTexts()).toEqual(['fox', 'fox']);
  await page.getByRole('button', { name: 'Beginnings' }).click();
  await polled(() => page.locator('mark').count()).toBeGreaterThan(2);
  await page.getByRole('button', { name: /^Old foxes/ }).click();
  await page
    .getByRole('dialog')
    .getByText(/The fox of the quarry/)
    .waitFor();
});

test('SQL reads, explains and exports, and does not write', async () => {
  const { page } = await open('#/0/sql');
  const query = page.getByRole('textbox', { name: 'Query' });
  await query.fill('SELECT customer, total FROM orders ORDER BY total');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('cell', { name: 'Edsger' }).waitFor();
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await page.getByText('SCAN orders').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(/^customer,total\r?\nGrace,8/);
  await query.fill('DELETE FROM orders');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('alert').waitFor();
  await page.getByText('Columns of the vault').waitFor();
  await page.getByRole('button', { name: 'latency', exact: true }).click();
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('table', { name: 'Result' }).waitFor();
});

test('the help lists the keys of the view, and letters go to the views', async () => {
  const { page } = await open('');
  await page.getByRole('heading', { name: 'demo.db' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.getByRole('heading', { name: 'latency' }).waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByText('Logarithmic scale, or not').waitFor();
  await help.getByText('Go to the overview').waitFor();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
});

test('a narrow window has a menu, and nothing runs over its edge', async () => {
  const { page, go } = await open('', { viewport: { width: 375, height: 700 } });
  await page.getByRole('button', { name: 'Parts of the file' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'films' }).click();
  await page.getByRole('heading', { name: 'films' }).waitFor();
  for (const hash of ['#/0', '#/0/keys/kv', '#/0/columns', '#/0/vectors/films', '#/0/texts/articles', '#/0/sql']) {
    await go(hash);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), hash).toBeLessThanOrEqual(375);
  }
});

test('colors follow the system', async () => {
  const { page } = await open('', { colorScheme: 'light' });
  await page.getByRole('heading', { name: 'demo.db' }).waitFor();
  const color = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const light = await color();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await color()).not.toBe(light);
});
