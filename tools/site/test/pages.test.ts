import { describe, expect, test } from 'vitest';
import { anchorOf } from '../src/anchor.ts';
import { homeOf } from '../src/home.ts';
import { pageText, summaryOf, titleOf } from '../src/markdown.ts';
import { menuOf } from '../src/navigation.ts';
import { repositoryFiles, sourcesOf } from '../src/sources.ts';

const REPOSITORY = 'https://example.org/vault';
const SOURCES = sourcesOf([
  'README.md',
  'docs/errors.md',
  'docs/decisions/README.md',
  'docs/guides/kvault.md',
  'packages/kvault/README.md',
  'packages/kvault/src/index.ts',
]);

function textOf(file: string, text: string): { page: string; shown: string[] } {
  const source = SOURCES.find((each) => each.file === file);
  if (!source) throw new Error(`${file} has no page`);
  const shown: string[] = [];
  const shows = (each: string) => void shown.push(each);
  return { page: pageText(source, text, { sources: SOURCES, repository: REPOSITORY, shows }), shown };
}

describe('the site', () => {
  test('has the README, all of docs, and the README of each package', () => {
    expect(SOURCES.map(({ page }) => page)).toEqual([
      'introduction',
      'errors',
      'decisions/index',
      'guides/kvault',
      'packages/kvault',
    ]);
    const all = sourcesOf(repositoryFiles());
    expect(all.map(({ page }) => page)).toEqual(
      expect.arrayContaining(['introduction', 'benchmarks', 'guides/vector', 'packages/text']),
    );
    expect(new Set(all.map(({ page }) => page)).size).toBe(all.length);
  });

  test('keeps links between pages, and leads to the repository for the rest', () => {
    const links =
      '[a](../errors.md#x) [`b`](../../packages/kvault) [c](../../packages/kvault/src/index.ts) [d](https://e.org) [e](#here) [f](../decisions)';
    expect(textOf('docs/guides/kvault.md', links).page).toBe(
      `[a](/errors#x) [\`b\`](/packages/kvault) [c](${REPOSITORY}/blob/main/packages/kvault/src/index.ts) [d](https://e.org) ` +
        '[e](#here) [f](/decisions/index)',
    );
  });

  test('leaves code alone', () => {
    const code = '```ts\nconst a = [b](../errors.md);\n{{ c }}\n```';
    expect(textOf('docs/guides/kvault.md', code).page).toBe(code);
    expect(textOf('docs/guides/kvault.md', '`{{ a }}` {{ b }}').page).toBe('`{{ a }}` &#123;&#123; b }}');
  });

  test('shows the chart that suits the theme', () => {
    const picture =
      '<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="benchmarks/kv-dark.svg">\n' +
      '  <img src="benchmarks/kv-light.svg" alt="kv">\n</picture>';
    const { page, shown } = textOf('docs/errors.md', picture);
    expect(page).toBe(
      '<img class="light-only" src="/docs/benchmarks/kv-light.svg" alt="kv">' +
        '<img class="dark-only" src="/docs/benchmarks/kv-dark.svg" alt="kv">',
    );
    expect(shown).toEqual(['docs/benchmarks/kv-light.svg', 'docs/benchmarks/kv-dark.svg']);
  });

  test('has a menu of all pages', () => {
    const pages = SOURCES.map(({ page }) => ({ page, text: `# Of \`${page}\`` }));
    expect(menuOf(pages)).toEqual([
      {
        text: 'Start',
        items: [
          { text: 'Introduction', link: '/introduction' },
          { text: 'Of errors', link: '/errors' },
        ],
      },
      { text: 'Guides', collapsed: false, items: [{ text: 'Of guides/kvault', link: '/guides/kvault' }] },
      { text: 'Packages', collapsed: true, items: [{ text: 'Of packages/kvault', link: '/packages/kvault' }] },
      { text: 'Decisions', collapsed: true, items: [{ text: 'Of decisions/index', link: '/decisions/' }] },
    ]);
  });

  test('takes titles and first sentences from the pages', () => {
    const text = '# `A` page\n\n```sh\nfirst\n```\n\nIt says [what](x.md)\nit is.\n\nMore.';
    expect([titleOf(text), summaryOf(text)]).toEqual(['A page', 'It says what it is.']);
    const readme =
      '# K\n\nBoth run.\n\nKohakuVault keeps things.\n\n- **Safe**: as [tests](t.md) say.\n- **Fast**: `get`.\n\nMore.';
    expect(homeOf(readme, undefined)).toContain('"tagline": "KohakuVault keeps things."');
    expect(homeOf(readme, undefined)).toContain('"details": "As tests say."');
  });

  test('has the anchors of GitHub', () => {
    expect(['What `putFile` has to do', "Node's own SQLite", 'A & B (c)', 'f16_x'].map(anchorOf)).toEqual([
      'what-putfile-has-to-do',
      'nodes-own-sqlite',
      'a--b-c',
      'f16_x',
    ]);
  });
});
