// Takes a picture of each view, light and dark, into docs/images.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startStudio } from '@kohakuvault/studio';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { makeDemoFile } from './demo-file.ts';
import { fewerColors } from './fewer-colors.ts';
import { VIEWS } from './views.ts';

const ROOT = join(import.meta.dirname, '../../..');
const IMAGES = join(ROOT, 'docs/images');
/** Of the guide and the README; the others are looked at by hand, with --all. */
const KEPT = ['overview', 'keys', 'picture', 'curves', 'histogram', 'map', 'texts', 'sql'];

const isAll = process.argv.includes('--all');
const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-pictures-'));
const file = join(folder, 'run.db');
makeDemoFile(file);
mkdirSync(IMAGES, { recursive: true });
await using studio = await startStudio({ file });
const browser = await launchChromium();
for (const colorScheme of ['light', 'dark'] as const) await take(browser, colorScheme);
await browser.close();
rmSync(folder, { recursive: true, force: true });

async function take(browser: Browser, colorScheme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1_200, height: 750 },
    colorScheme,
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(studio.url);
  // The folder of this run is in no picture.
  const base = studio.url.replace(/\?.*/, '');
  for (const { name, hash, ready } of VIEWS) {
    if (!isAll && !KEPT.includes(name)) continue;
    await page.goto(base + hash);
    await ready(page);
    if (name === 'sql') {
      await page.keyboard.press('r');
      await page.getByRole('table', { name: 'Result' }).waitFor();
    }
    await page.evaluate(`document.querySelectorAll('.view-title .mono').forEach((path) => { path.textContent = ''; })`);
    await page.evaluate('document.activeElement?.blur()');
    // Two frames: canvases draw in the next.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const path = join(IMAGES, `studio-${name}-${colorScheme}.png`);
    writeFileSync(path, fewerColors(await page.screenshot()));
    console.log(`${relative(ROOT, path)}: ${Math.round(statSync(path).size / 1024)} KiB`);
  }
  await context.close();
}
