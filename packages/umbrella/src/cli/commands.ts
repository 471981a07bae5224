import type { Command } from './command/command.ts';

interface Entry {
  readonly summary: string;
  load(): Promise<{ command: Command }>;
}

/** All commands, in the order of the help. Each is loaded when it runs. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  inspect: { summary: 'show what a file holds', load: () => import('./commands/inspect.ts') },
  ls: { summary: 'list keys', load: () => import('./commands/ls.ts') },
  get: { summary: 'print or save a value', load: () => import('./commands/get.ts') },
  search: { summary: 'find texts by their words', load: () => import('./commands/search.ts') },
  put: { summary: 'store a file under a key', load: () => import('./commands/put.ts') },
  rm: { summary: 'delete keys', load: () => import('./commands/rm.ts') },
  export: { summary: 'write to files', load: () => import('./commands/export.ts') },
  import: { summary: 'store exported files, or a folder', load: () => import('./commands/import.ts') },
  verify: { summary: 'look for damage', load: () => import('./commands/verify.ts') },
  index: { summary: 'make or drop the index of vectors', load: () => import('./commands/index.ts') },
  compact: { summary: 'release free space', load: () => import('./commands/compact.ts') },
  backup: { summary: 'copy a file while others write', load: () => import('./commands/backup.ts') },
  restore: { summary: 'make a file of a backup', load: () => import('./commands/restore.ts') },
  convert: { summary: 'change the layout of columns', load: () => import('./commands/convert.ts') },
  copy: { summary: 'to a PostgreSQL server, or back', load: () => import('./commands/copy.ts') },
  studio: { summary: 'look into a file in the browser', load: () => import('./commands/studio.ts') },
  mcp: { summary: 'serve a file to agents', load: () => import('./commands/mcp.ts') },
  doctor: { summary: 'check this installation', load: () => import('./commands/doctor.ts') },
};
