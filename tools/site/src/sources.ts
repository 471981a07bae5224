// Which files of the repository are pages, and where they are on the site.
import { execFileSync } from 'node:child_process';
import { ROOT } from './places.ts';

export interface Source {
  /** The file, as seen from the root of the repository. */
  readonly file: string;
  /** Its page, without `.md`. */
  readonly page: string;
}

/** Returns all files that are in the repository, or will be with the next commit. */
export function repositoryFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return list.split('\n').filter((file) => file !== '');
}

/** Returns the pages that are written by hand: the README, all of `docs`, and the README of each package. */
export function sourcesOf(files: readonly string[]): Source[] {
  return files.flatMap((file) => {
    const page = pageOf(file);
    return page === undefined ? [] : [{ file, page }];
  });
}

function pageOf(file: string): string | undefined {
  if (file === 'README.md') return 'introduction';
  const inDocs = /^docs\/(.+)\.md$/.exec(file)?.[1];
  if (inDocs !== undefined) return inDocs.replace(/(^|\/)README$/, '$1index');
  return /^(packages\/(?:adapters\/)?[^/]+)\/README\.md$/.exec(file)?.[1];
}
