// Every link to a file of the repository leads to an existing file and heading.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const documents = globSync(
  ['*.md', 'docs/**/*.md', 'examples/*.md', 'packages/{*,adapters/*}/README.md', 'tools/*/README.md'],
  {
    cwd: root,
    exclude: ['docs/api/**'],
  },
).sort();

/** The address at which the repository's files are read; packages link to it, because npm shows their READMEs. */
const { homepage } = JSON.parse(readFileSync(join(root, 'packages/umbrella/package.json'), 'utf8')) as {
  homepage: string;
};
const PUBLISHED = `${homepage.replace(/#.*$/, '')}/blob/main/`;

/** Returns the anchors that GitHub makes of headings. */
function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ +(.*)$/gm);
  return [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    const isPublished = target.startsWith(PUBLISHED);
    if (/^[a-z]+:/.test(target) && !isPublished) return false;
    const [path = '', anchor] = (isPublished ? target.slice(PUBLISHED.length) : target).split('#');
    const file = path === '' ? join(root, document) : join(root, isPublished ? '' : dirname(document), path);
    if (!existsSync(file)) return true;
    return anchor !== undefined && statSync(file).isFile() && !anchorsOf(file).includes(anchor);
  });
}

test.each(documents)('the links of %s', (document) => {
  expect(brokenLinks(document)).toEqual([]);
});
