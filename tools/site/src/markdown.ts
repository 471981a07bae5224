// Markdown of the repository as Markdown of the site.
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { folderOf, ROOT } from './places.ts';
import type { Source } from './sources.ts';

/** Code blocks are left alone. */
const BLOCK = /(^(?:```|~~~)[\s\S]*?^(?:```|~~~)$)/m;
const CODE = /(`[^`\n]+`)/;
const LINK = /(!?\[[^\]]*\]\()([^)\s]+)(\))/g;
const SOURCE_ATTRIBUTE = /(\s(?:src|srcset)=")([^"]+)(")/g;
const PICTURE = /<picture>\s*<source[^>]*srcset="([^"]+)"[^>]*>\s*<img src="([^"]+)" alt="([^"]*)">\s*<\/picture>/g;

export interface Site {
  readonly sources: readonly Source[];
  /** The address of the repository, for files without a page. */
  readonly repository: string;
  /** Hears of each image or other file that a page shows. */
  shows(file: string): void;
}

/** Returns a page as the site has it. */
export function pageText(source: Source, text: string, site: Site): string {
  return text
    .split(BLOCK)
    .map((part, index) => (index % 2 === 1 ? part : proseOf(source, part, site)))
    .join('');
}

function proseOf(source: Source, prose: string, site: Site): string {
  const moved = prose
    .replace(PICTURE, (_, dark, light, alt) => bothPictures(dark, light, alt))
    .replace(LINK, (_, before, target, after) => `${before}${addressOf(source, target, site)}${after}`)
    .replace(SOURCE_ATTRIBUTE, (_, before, target, after) => `${before}${addressOf(source, target, site)}${after}`);
  // Vue evaluates double braces, but not in code.
  const parts = moved.split(CODE);
  return parts.map((part, index) => (index % 2 === 1 ? part : part.replaceAll('{{', '&#123;&#123;'))).join('');
}

/** A page of the site may be dark while the system is light, so both pictures are there, and the theme shows one. */
function bothPictures(dark: string, light: string, alt: string): string {
  return `<img class="light-only" src="${light}" alt="${alt}"><img class="dark-only" src="${dark}" alt="${alt}">`;
}

/** Returns the address of what a page links to, or shows. */
function addressOf(source: Source, target: string, site: Site): string {
  if (/^([a-z]+:|#|\/\/)/i.test(target)) return target;
  const [path = '', hash] = target.split('#');
  const file = posix.normalize(posix.join(folderOf(source.file), decodeURIComponent(path))).replace(/\/$/, '');
  const anchor = hash === undefined ? '' : `#${hash}`;
  const page = site.sources.find((each) => each.file === file || each.file === posix.join(file, 'README.md'));
  if (page) return `/${page.page}${anchor}`;
  if (/\.(svg|png|jpe?g|gif|webp)$/.test(file) && existsSync(join(ROOT, file))) {
    site.shows(file);
    return `/${file}`;
  }
  const kind = existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isDirectory() ? 'tree' : 'blob';
  return `${site.repository}/${kind}/main/${file}${anchor}`;
}

/** Returns the title of a page: its first heading. */
export function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? '';
}

/**
 * Returns the first paragraph of a page, in one line and without links. That of the README is the one which says what
 * KohakuVault is: commands come before it.
 */
export function summaryOf(text: string): string {
  const paragraphs = text
    .replace(/^(?:```|~~~)[\s\S]*?^(?:```|~~~)$/gm, '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim());
  const first =
    paragraphs.find((paragraph) => paragraph.startsWith('KohakuVault keeps')) ??
    paragraphs.find((paragraph) => /^[\w`*[]/.test(paragraph)) ??
    '';
  return first.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\s+/g, ' ');
}
