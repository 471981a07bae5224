// The page follows a file that another process writes.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { onTestFinished, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { openPage, polled, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();

/** Starts a process that appends to the file when it gets a line. */
function writerOf(file: string): { write: () => void } {
  const program = join(import.meta.dirname, 'append.ts');
  const child = spawn(process.execPath, ['--conditions=@kohakuvault/source', program, file], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  return { write: () => void child.stdin.write('append\n') };
}

test('keys, curves and values change while another process writes', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    vault.set('state', 'before');
    using columns = new ColumnVault(vault);
    columns.ensure('loss', 'f64').extend([3, 2]);
  }
  const studio = await startedStudio({ file });
  const { page, go } = await openPage(browser(), studio, '#/0/columns?show=loss');
  await page.getByText('Rows 0 to 1 of 2').waitFor();
  const writer = writerOf(file);
  writer.write();
  await page.getByText('Rows 0 to 2 of 3').waitFor();
  await page.getByText(/^Changed /).waitFor();
  await go('#/0/keys/kv?key=t:state');
  await page.locator('.text-content, .tree').getByText('after 1').waitFor();
  writer.write();
  await page.locator('.text-content, .tree').getByText('after 2').waitFor();
  await page.getByRole('option', { name: /new:2/ }).waitFor();
  await page.getByText('3 keys').waitFor();
  await go('#/0');
  writer.write();
  await page
    .getByRole('main')
    .getByRole('link', { name: /kv\s*4 keys/ })
    .waitFor();
});

test('a file that changes more often than it can be read is shown all the same', async () => {
  const file = tempFile();
  using kv = new KVault(file);
  kv.set('state', 'before');
  using columns = new ColumnVault(kv);
  const loss = columns.ensure('loss', 'f64');
  loss.extend([3, 2]);
  const studio = await startedStudio({ file });
  const { page, go } = await openPage(browser(), studio);
  await page.getByRole('region', { name: 'Where the bytes are' }).getByRole('link', { name: /loss/ }).waitFor();
  // While an answer is on its way, the page hears of a change, and has long done so when it hears of the next.
  let asked = 0;
  await page.route(/\/(?:columns\/curve|keys|keys\/count)\?/, async (route) => {
    asked++;
    for (let turn = 0; turn < 2; turn++) {
      const heard = page.waitForRequest(/\/overview$/);
      loss.append(1);
      await heard;
    }
    await route.continue();
  });
  await go('#/0/columns?show=loss');
  await page.getByText(/^Rows 0 to \d+ of \d+/).waitFor();
  // And what came meanwhile is read after that.
  await polled(async () => asked).toBeGreaterThan(1);
  await go('#/0/keys/kv');
  await page.getByRole('option', { name: /state/ }).waitFor();
  await page.getByText('1 key', { exact: true }).waitFor();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});
