import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './project.ts';

/** Writes the programs of pages into a project. Returns their paths there. */
export function writePrograms(folder: string, pages: readonly string[]): string[] {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  return pages
    .filter((page) => existsSync(join(root, page)))
    .flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8');
      return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
        const line = text.slice(0, match.index).split('\n').length;
        const file = join(programs, `${basename(page, '.md')}-${line}.ts`);
        writeFileSync(file, `${match[1]}\nexport {};\n`);
        return file;
      });
    });
}
