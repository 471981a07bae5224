// Screen readers: axe finds nothing serious in any view, light and dark, wide and narrow.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningStudio } from '@kohakuvault/studio';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDemoFile } from '../src/demo-file.ts';
import { VIEWS } from '../src/views.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-test-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let studio: RunningStudio;
beforeAll(async () => {
  const file = join(folder, 'demo.db');
  makeDemoFile(file);
  studio = await startedStudio({ file, readonly: false }, (close) => afterAll(close));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['light', 1_280],
  ['dark', 390],
] as const)('%s, %d pixels wide', async (colorScheme, width) => {
  const { page, go } = await openPage(browser(), studio, '', { colorScheme, viewport: { width, height: 800 } });
  const found: string[] = [];
  const check = async (view: string) => {
    await page.evaluate(`${axe}; undefined`);
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      found.push(`${view}: ${id} at ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
    }
  };
  for (const { name, hash, ready } of VIEWS) {
    await go(hash);
    await ready(page);
    await check(name);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await check('help');
  expect(found).toEqual([]);
});
