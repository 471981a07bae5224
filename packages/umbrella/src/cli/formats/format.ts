import { extname } from 'node:path';
import { oneOf } from '../arguments.ts';
import { UsageError } from '../exit-code.ts';

/** What a file or folder that is exported to or imported from can be. */
export type Format = 'folder' | 'ndjson' | 'npy' | 'csv' | 'arrow';

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '': 'folder',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.npy': 'npy',
  '.csv': 'csv',
  '.arrow': 'arrow',
  '.feather': 'arrow',
};

/** The format that was asked for, or that the name of a file tells: one of those that will do for what is exchanged. */
export function formatOf<Allowed extends Format>(
  name: string,
  asked: string | undefined,
  what: string,
  allowed: readonly Allowed[],
): Allowed {
  const chosen = oneOf('format', asked, allowed) ?? told(name, what, allowed);
  if (chosen === 'folder' && name === '-') throw new UsageError('a folder cannot be piped; choose --format ndjson');
  return chosen;
}

function told<Allowed extends Format>(name: string, what: string, allowed: readonly Allowed[]): Allowed {
  const choices = `${what} go to and come from ${allowed.join(', ')}; choose one with --format`;
  if (name === '-') throw new UsageError(`a pipe has no name that tells a format; ${choices}`);
  const format = BY_EXTENSION[extname(name).toLowerCase()];
  const found = allowed.find((one) => one === format);
  if (found) return found;
  throw new UsageError(`the name ${name} does not tell a format; ${choices}`);
}
