// The configuration of VitePress. `src/main.ts` copies it beside the pages, with `site.json`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf } from './anchor.ts';

const { base, menu, reference, repository } = JSON.parse(readFileSync(join(import.meta.dirname, 'site.json'), 'utf8'));

export default defineConfig({
  title: 'KohakuVault',
  description: 'A dict of anything, typed columns, vectors and text in one SQLite file',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  cleanUrls: true,
  lastUpdated: false,
  markdown: { anchor: { slugify: anchorOf }, theme: { light: 'github-light', dark: 'github-dark' } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: '/guides/kvault', activeMatch: '^/guides/' },
      { text: 'Reference', link: '/api/', activeMatch: '^/api/' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: { '/api/': reference, '/': menu },
    socialLinks: [{ icon: 'github', link: repository }],
    outline: [2, 3],
  },
});
