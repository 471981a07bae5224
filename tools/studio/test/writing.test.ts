// With `--write`: what the page changes is what the library reads.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import { tempFile, tempFolder } from '../../testing/src/temp.ts';
import { openPage, startedStudio, useBrowser } from './opened-page.ts';

const browser = useBrowser();

function read(file: string, key: string): unknown {
  using vault = new KVault(file, { readonly: true });
  return vault.get(key);
}

function made(): string {
  const file = tempFile();
  using vault = new KVault(file);
  vault.set('run', { loss: 0.5, started: new Date(0), steps: 10n, tags: new Set(['a']) });
  for (let nth = 0; nth < 5; nth++) vault.set(`old:${nth}`, nth);
  vault.set('note.md', Buffer.from('# One\n'));
  return file;
}

test('a value is edited as typed JSON, and what changes is shown first', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?key=t:run');
  await page.getByText('loss:').waitFor();
  await page.keyboard.press('e');
  const editor = page.getByLabel('Typed JSON');
  const json = await editor.inputValue();
  expect(json).toContain('$bigint');
  await editor.fill(json.replace('0.5', '0.25'));
  await page.getByRole('button', { name: 'Review the change' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.removed', { hasText: '0.5' }).waitFor();
  await dialog.locator('.added', { hasText: '0.25' }).waitFor();
  // Nothing is stored before the person agrees.
  expect(read(file, 'run')).toMatchObject({ loss: 0.5 });
  await dialog.getByRole('button', { name: 'Store' }).click();
  await page.getByText('Done: 1 change.').waitFor();
  expect(read(file, 'run')).toEqual({ loss: 0.25, started: new Date(0), steps: 10n, tags: new Set(['a']) });
  await page.getByText('0.25').waitFor();
});

test('wrong JSON is refused with its place, and stays in the editor', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?key=t:run');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Typed JSON').fill('{"a": ');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).last().click();
  expect(await page.getByLabel('Typed JSON').inputValue()).toBe('{"a": ');
});

test('text is edited as text, and a key is renamed', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?key=t:note.md');
  await page.getByText('# One').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Text', { exact: true }).fill('# Two\n');
  await page.getByRole('button', { name: 'Review the change' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Store' }).click();
  await page.getByText('Done: 1 change.').waitFor();
  expect(String(read(file, 'note.md'))).toBe('# Two\n');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Key', { exact: true }).fill('notes.md');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('option', { name: /notes\.md/ }).waitFor();
  expect(read(file, 'note.md')).toBeUndefined();
  expect(String(read(file, 'notes.md'))).toBe('# Two\n');
});

test('keys are made, selected and deleted', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv');
  await page.getByRole('option', { name: /old:0/ }).waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Key', { exact: true }).fill('made');
  await page.getByLabel('Value, as typed JSON').fill('{"$bigint": "12345678901234567890"}');
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Store' }).click();
  await page.getByRole('heading', { name: 'made' }).waitFor();
  expect(read(file, 'made')).toBe(12345678901234567890n);
  // The rows have moved.
  await page.getByRole('option', { name: /made/ }).waitFor();
  await page.getByRole('option', { name: /old:1/ }).click({ modifiers: ['ControlOrMeta'] });
  await page.getByRole('option', { name: /old:3/ }).click({ modifiers: ['Shift'] });
  await page.getByText('3 keys selected').waitFor();
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('dialog', { name: 'Delete these keys?' });
  await dialog.getByText('old:2').waitFor();
  expect(read(file, 'old:2')).toBe(2);
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Done: 3 changes.').waitFor();
  await page.getByRole('option', { name: /old:2/ }).waitFor({ state: 'detached' });
  expect([0, 1, 2, 3, 4].map((nth) => read(file, `old:${nth}`))).toEqual([0, undefined, undefined, undefined, 4]);
});

test('all keys of a prefix are deleted', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?find=^old:');
  await page.getByText('5 keys').waitFor();
  await page.getByRole('button', { name: 'Delete all of them' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete these keys?' });
  await dialog.getByText('old:4').waitFor();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Done: 5 changes.').waitFor();
  await page.getByText('No key matches').waitFor();
  using vault = new KVault(file, { readonly: true });
  expect([...vault.keys()]).toEqual(['note.md', 'run']);
});

test('a plan that fits no more changes nothing', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?key=t:old:0');
  await page.getByRole('article').getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('old:0').waitFor();
  {
    using vault = new KVault(file);
    vault.set('old:0', 'changed meanwhile');
  }
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByText('The file has changed meanwhile').waitFor();
  expect(read(file, 'old:0')).toBe('changed meanwhile');
});

test('files are uploaded and dropped, and one that exists is replaced when the person says so', async () => {
  const file = made();
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv');
  await page.getByRole('option', { name: /old:0/ }).waitFor();
  const path = join(tempFolder(), 'photo.bin');
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => index * 7));
  writeFileSync(path, bytes);
  const field = page.locator('input[type=file]');
  await field.setInputFiles(path);
  await page.getByText('Stored photo.bin').waitFor();
  expect((read(file, 'photo.bin') as Buffer).equals(bytes)).toBe(true);
  writeFileSync(path, 'shorter');
  await field.setInputFiles(path);
  await page.getByRole('dialog', { name: 'Replace the value?' }).getByRole('button', { name: 'Replace it' }).click();
  await page.getByText('Replaced photo.bin').waitFor();
  expect(String(read(file, 'photo.bin'))).toBe('shorter');
  // A drop, as the browser tells the page of it.
  const files = await page.evaluateHandle(`(() => {
    const files = new DataTransfer();
    files.items.add(new File(['dropped'], 'dropped.txt'));
    return files;
  })()`);
  const zone = page.locator('.upload-zone');
  await zone.dispatchEvent('dragover', { dataTransfer: files });
  await page.getByText('Drop to store').waitFor();
  await zone.dispatchEvent('drop', { dataTransfer: files });
  await page.getByText('Stored dropped.txt').waitFor();
  expect(String(read(file, 'dropped.txt'))).toBe('dropped');
});

test('a Studio that only reads offers no change', async () => {
  const file = made();
  const studio = await startedStudio({ file });
  const { page } = await openPage(browser(), studio, '#/0/keys/kv?key=t:run');
  await page.getByText('loss:').waitFor();
  for (const name of ['Edit', 'Delete', 'New key', 'Upload']) {
    expect(await page.getByRole('button', { name }).count(), name).toBe(0);
  }
});

test('an element of a column is edited, and what changes is shown first', async () => {
  const file = tempFile();
  {
    using columns = new ColumnVault(file);
    columns.ensure('loss', 'f64').extend([3, 2, 1]);
  }
  const lossOf = () => {
    using columns = new ColumnVault(file, { readonly: true });
    return [...(columns.column('loss') as Iterable<unknown>)];
  };
  const studio = await startedStudio({ file, readonly: false });
  const { page } = await openPage(browser(), studio, '#/0/columns?show=loss&tab=table');
  await page.getByRole('button', { name: '2', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Typed JSON').fill('0.5');
  await page.getByRole('button', { name: 'Review the change' }).click();
  const dialog = page.getByRole('dialog', { name: 'Store this element?' });
  await dialog.locator('.removed', { hasText: '2' }).waitFor();
  await dialog.locator('.added', { hasText: '0.5' }).waitFor();
  expect(lossOf()).toEqual([3, 2, 1]);
  await dialog.getByRole('button', { name: 'Store' }).click();
  await page.getByText('Done: 1 change.').waitFor();
  expect(lossOf()).toEqual([3, 0.5, 1]);
  await page.getByRole('button', { name: '0.5', exact: true }).waitFor();
});
