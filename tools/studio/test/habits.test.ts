// What a person is used to: numbers and times as at home, and a page that is there at once.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();
const MOST_BYTES = 150_000;

test('numbers are of the locale, and times of the zone of the person', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set('started', { at: new Date('2026-03-01T02:30:00Z'), count: 1 });
    using columns = new ColumnVault(vault);
    columns.ensure('loss', 'f64').extend(Float64Array.from({ length: 20_000 }, (_, at) => at / 7));
  }
  const studio = await startedStudio({ file });
  const { page, go } = await openPage(browser(), studio, '#/0/columns?show=loss', {
    locale: 'de-DE',
    timezoneId: 'America/New_York',
  });
  await page.getByText('of 20.000').first().waitFor();
  await go('#/0/keys/kv?key=t:started');
  const time = page.locator('.tree time');
  await time.waitFor();
  // The evening before, there.
  expect(await time.textContent()).toBe('28.02.2026, 21:30:00');
  expect(await time.getAttribute('datetime')).toBe('2026-03-01T02:30:00.000Z');
});

test('an address that changes while the page begins is followed', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set('a', 1);
  }
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio);
  // At the first drawing, before the page listens to anything.
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (!document.querySelector('#app *')) return;
      observer.disconnect();
      location.hash = '#/0/sql';
    }).observe(document, { childList: true, subtree: true });
  `);
  await page.goto('about:blank');
  await page.goto(studio.url);
  await page.getByRole('textbox', { name: 'Query' }).waitFor();
});

test('the page is short', () => {
  const folder = join(import.meta.dirname, '../../../packages/studio/dist/page');
  const sent = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.br'));
  expect(sent.map((name) => name.replace(/.*\.(\w+)\.br$/, '$1')).sort()).toEqual(['css', 'html', 'js', 'svg']);
  expect(sent.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(MOST_BYTES);
});
