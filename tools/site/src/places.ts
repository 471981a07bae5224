// Where things are.
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
/** Installed on demand, and no part of the workspace. */
export const GENERATOR = join(import.meta.dirname, '../generator');
/** The pages as VitePress reads them. Made each time. */
export const CONTENT = join(GENERATOR, 'content');
export const VITEPRESS = join(import.meta.dirname, '../vitepress');

/** Returns the folder of a path of the repository. */
export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
