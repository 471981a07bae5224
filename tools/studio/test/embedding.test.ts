// A server that was given a function to embed texts: searches by text, and by words and vectors together.
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();

/** A text is where its letters are: two dimensions are enough to tell animals from stones here. */
const embed = (texts: readonly string[]) =>
  texts.map((text) => Float32Array.of(/fox|animal/.test(text) ? 1 : 0.1, /stone|amber/.test(text) ? 1 : 0.1));

test('texts are searched by meaning, and by words and meaning together', async () => {
  const file = tempFile();
  {
    using vault = new KVault(file);
    using texts = new TextVault(vault, { table: 'notes' });
    using vectors = new VectorKVault(vault, { table: 'meanings', dimensions: 2, metric: 'cosine' });
    for (const text of ['a fox at night', 'amber is old', 'a stone in the river']) {
      const id = texts.insert(text, { title: text });
      vectors.insert(embed([text])[0] ?? [], { title: text }, { id });
    }
  }
  const studio = await startedStudio({ file, embed });
  const { page, go } = await openPage(browser(), studio, '#/0/vectors/meanings?tab=search');
  await page.getByLabel('Text', { exact: true }).fill('an animal');
  await page.keyboard.press('Enter');
  await page.getByRole('row').nth(1).getByText('a fox at night').waitFor();
  await go('#/0/texts/notes?q=stone');
  await page.getByText(/^1 document in/).waitFor();
  await page.getByLabel('With vectors of').selectOption('meanings');
  await page.getByText(/3 documents by words and by vectors/).waitFor();
  await page.getByText('by words 1., by vectors').waitFor();
});
