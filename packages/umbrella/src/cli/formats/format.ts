import { extname } from 'node:path';
import { oneOf } from '../command/arguments.ts';
import { UsageError } from '../command/exit-code.ts';

/** The format of an exported or imported file or folder. */
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

/** Returns the format from the option, or from the name of the file. */
export function formatOf<Allowed extends Format>(
  name: string,
  asked: string | undefined,
  what: string,
  allowed: readonly Allowed[],
): Allowed {
  const chosen = oneOf('format', asked, allowed) ?? formatByName(name, what, allowed);
  if (chosen === 'folder' && name === '-') throw new UsageError('a folder cannot be piped; choose --format ndjson');
  return chosen;
}

function formatByName<Allowed extends Format>(name: string, what: string, allowed: readonly Allowed[]): Allowed {
  const choices = `${what} go to and come from ${allowed.join(', ')}; choose one with --format`;
  if (name === '-') throw new UsageError(`a pipe has no name to derive a format from; ${choices}`);
  const format = BY_EXTENSION[extname(name).toLowerCase()];
  const found = allowed.find((one) => one === format);
  if (found) return found;
  throw new UsageError(`the format is not clear from the name ${name}; ${choices}`);
}
