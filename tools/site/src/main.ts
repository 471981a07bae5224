// Makes the documentation site, or shows it while its pages are written.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { homeOf } from './home.ts';
import { writeForPrograms } from './llms.ts';
import { pageText } from './markdown.ts';
import { menuOf, type Page } from './navigation.ts';
import { CONTENT, GENERATOR, ROOT, VITEPRESS } from './places.ts';
import { makeReference } from './reference.ts';
import { repositoryFiles, sourcesOf } from './sources.ts';

const USAGE = `usage: site [--out FOLDER] [--base /PATH/] [--watch]

  --out     where the site is written (docs-site)
  --base    the path of the site on its server (/)
  --watch   serves the site instead, and follows changes of its pages`;

/** The screenshot on the first page, without -light.png and -dark.png. */
const PICTURE = 'docs/images/studio-overview';

function options() {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: 'docs-site' },
        base: { type: 'string', default: '/' },
        watch: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

const { out, base, watch } = options();

if (!existsSync(join(GENERATOR, 'node_modules/vitepress'))) {
  console.log('installing VitePress and typedoc into tools/site/generator');
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: GENERATOR,
    stdio: 'inherit',
  });
}
rmSync(CONTENT, { recursive: true, force: true });

const files = repositoryFiles();
const sources = sourcesOf(files);
const { repository } = JSON.parse(readFileSync(join(ROOT, 'packages/kvault/package.json'), 'utf8'));
const address = String(repository.url)
  .replace(/^git\+/, '')
  .replace(/\.git$/, '');
const shown = new Set<string>();
const pages: Page[] = sources.map((source) => {
  const text = readFileSync(join(ROOT, source.file), 'utf8');
  const shows = (file: string) => void shown.add(file);
  return { page: source.page, text: pageText(source, text, { sources, repository: address, shows }) };
});

const picture = files.includes(`${PICTURE}-light.png`) ? PICTURE : undefined;
if (picture) for (const theme of ['light', 'dark']) shown.add(`${picture}-${theme}.png`);
const home = { page: 'index', text: homeOf(readFileSync(join(ROOT, 'README.md'), 'utf8'), picture) };
for (const { page, text } of [...pages, home]) {
  const file = join(CONTENT, `${page}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
for (const file of shown) {
  const copy = join(CONTENT, 'public', file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(ROOT, file), copy);
}
mkdirSync(join(CONTENT, 'public'), { recursive: true });
copyFileSync(join(VITEPRESS, 'icon.svg'), join(CONTENT, 'public/icon.svg'));
const reference = makeReference();
cpSync(VITEPRESS, join(CONTENT, '.vitepress'), { recursive: true });
copyFileSync(join(import.meta.dirname, 'anchor.ts'), join(CONTENT, '.vitepress/anchor.ts'));
writeFileSync(
  join(CONTENT, '.vitepress/site.json'),
  JSON.stringify({ base, menu: menuOf(pages), reference, repository: address }),
);

const vitepress = join(GENERATOR, 'node_modules/vitepress/bin/vitepress.js');
const folder = resolve(out);
execFileSync(process.execPath, [vitepress, watch ? 'dev' : 'build', CONTENT, ...(watch ? [] : ['--outDir', folder])], {
  cwd: GENERATOR,
  stdio: 'inherit',
});
if (!watch) {
  writeForPrograms(folder, pages, base);
  console.log(`the site is in ${folder}`);
}
