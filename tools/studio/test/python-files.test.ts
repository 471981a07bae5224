// Files that the Python package wrote: every part of them is shown, without an error.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();
const FILES = join(import.meta.dirname, '../../fixtures/conformance');
const names = readdirSync(FILES).filter((name) => name.endsWith('.db'));

test.each(names)('%s', async (name) => {
  const file = tempFile(name);
  for (const end of ['', '-wal', '-shm']) {
    if (readdirSync(FILES).includes(`${name}${end}`)) cpSync(join(FILES, `${name}${end}`), `${file}${end}`);
  }
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio);
  await page.getByRole('heading', { name }).waitFor();
  const links = page.getByRole('navigation', { name: 'Parts of the file' }).getByRole('link');
  const count = await links.count();
  expect(count).toBeGreaterThan(2);
  for (let nth = 0; nth < count; nth++) {
    await links.nth(nth).click();
    await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
    const key = page.getByRole('option').first();
    if (page.url().includes('/keys/')) {
      await key.waitFor();
      // The first keys are of all kinds: each value is shown, or said why it is not.
      for (let step = 0; step < 12; step++) {
        await page.keyboard.press('j');
        await page.getByRole('article').getByText('Encoding', { exact: true }).waitFor();
      }
    }
    expect(await page.getByRole('alert').allTextContents(), page.url()).toEqual([]);
  }
});
