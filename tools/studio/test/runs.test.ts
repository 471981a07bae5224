// Several files in one Studio: the curves of runs are laid over one another.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { test } from 'vitest';
import { tempFolder } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();

test('columns of the same name are drawn over one another, and followed', async () => {
  const folder = tempFolder();
  const paths = ['first', 'second', 'third'].map((run) => {
    mkdirSync(join(folder, run));
    return join(folder, run, 'run.db');
  });
  for (const [nth, path] of paths.entries()) {
    using columns = new ColumnVault(path);
    columns.ensure(nth === 2 ? 'other' : 'loss', 'f64').extend([nth + 3, nth + 2, nth + 1]);
  }
  const studio = await startedStudio({ files: paths });
  const { page } = await openPage(browser(), studio, '#/0/columns?show=loss');
  await page.getByText('Rows 0 to 2 of 3').waitFor();
  await page.getByRole('checkbox', { name: 'second/run.db' }).check();
  const legend = page.locator('.legend');
  await legend.getByText('loss of first/run.db').waitFor();
  await legend.getByText('loss of second/run.db').waitFor();
  await page.getByRole('checkbox', { name: 'third/run.db' }).check();
  await page.getByText('There is no loss of third/run.db.').waitFor();
  // The other file is followed too.
  {
    using columns = new ColumnVault(paths[1] as string);
    columns.ensure('loss', 'f64').append(42);
  }
  await legend.getByText('42').waitFor();
  // A link to the view has all of it.
  await page.reload();
  await legend.getByText('loss of second/run.db').waitFor();
  await page.getByRole('navigation', { name: 'Parts of the file' }).getByLabel('File').selectOption('second/run.db');
  await page.getByRole('heading', { name: 'second/run.db' }).waitFor();
});
