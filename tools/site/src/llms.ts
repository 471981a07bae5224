// `llms.txt`, which tells programs what there is to read, and the pages as plain Markdown beside their HTML.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { summaryOf, titleOf } from './markdown.ts';
import type { Page } from './navigation.ts';

/** Writes the files into the folder of the site. */
export function writeForPrograms(folder: string, pages: readonly Page[], base: string): void {
  const [introduction] = pages.filter(({ page }) => page === 'introduction');
  const lines = ['# KohakuVault', '', `> ${summaryOf(introduction?.text ?? '')}`, ''];
  const sections: [string, (page: string) => boolean][] = [
    ['Guides', (page) => page === 'introduction' || page.startsWith('guides/')],
    ['Reference', (page) => !page.includes('/') && page !== 'introduction'],
    ['Packages', (page) => page.startsWith('packages/')],
    ['Optional', (page) => /^(design|decisions)\//.test(page)],
  ];
  for (const [title, has] of sections) {
    lines.push(`## ${title}`, '');
    for (const { page, text } of pages.filter(({ page }) => has(page))) {
      lines.push(`- [${titleOf(text)}](${base}${page}.md): ${summaryOf(text)}`);
    }
    lines.push('');
  }
  writeFileSync(join(folder, 'llms.txt'), lines.join('\n'));
  for (const { page, text } of pages) {
    const file = join(folder, `${page}.md`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
