// The reference of all packages, made by typedoc from their sources.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from './navigation.ts';
import { CONTENT, GENERATOR, ROOT } from './places.ts';

const FOLDER = 'api';

/** Writes the pages of the reference. Returns their menu. */
export function makeReference(): Item[] {
  const modules = join(GENERATOR, 'node_modules');
  const typedoc = join(modules, 'typedoc/bin/typedoc');
  const plugin = join(modules, 'typedoc-plugin-markdown/dist/index.js');
  const out = join(CONTENT, FOLDER);
  const options = ['--readme', 'none', '--hideBreadcrumbs', '--hidePageHeader', '--entryFileName', 'index'];
  execFileSync(process.execPath, [typedoc, '--plugin', plugin, '--out', out, ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return readdirSync(out, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      // typedoc names a module after the folder of its sources.
      const folder = `${name}/${existsSync(join(out, name, 'src')) ? 'src' : 'ts'}`;
      return {
        text: `@kohakuvault/${name}`,
        link: `/${FOLDER}/${folder}/`,
        collapsed: true,
        items: menuOfFolder(folder),
      };
    });
}

/** Returns the menu of a folder: its pages, and what is below it. */
function menuOfFolder(folder: string): Item[] {
  return readdirSync(join(CONTENT, FOLDER, folder), { withFileTypes: true }).flatMap((entry): Item[] => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      const link = existsSync(join(CONTENT, FOLDER, path, 'index.md')) ? { link: `/${FOLDER}/${path}/` } : {};
      return [{ text: entry.name.replaceAll('-', ' '), ...link, collapsed: true, items: menuOfFolder(path) }];
    }
    if (entry.name === 'index.md') return [];
    const name = entry.name.replace(/\.md$/, '');
    return [{ text: name, link: `/${FOLDER}/${folder}/${name}` }];
  });
}
