import { extname } from 'node:path';
import { oneOf } from '../arguments.ts';
import { UsageError } from '../exit-code.ts';

/** What data is exported to and imported from. */
export const FORMATS = ['folder', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '': 'folder',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** The format that was asked for, or that the name of a file tells. */
export function formatOf(name: string, asked: string | undefined): Format {
  const chosen = oneOf('format', asked, FORMATS);
  if (chosen) {
    if (chosen === 'folder' && name === '-') throw new UsageError('a folder cannot be piped; choose --format ndjson');
    return chosen;
  }
  if (name === '-') throw new UsageError('what is piped has no name that tells its format; choose one with --format');
  const told = BY_EXTENSION[extname(name).toLowerCase()];
  if (told) return told;
  throw new UsageError(`the name ${name} does not tell a format; choose one with --format: ${FORMATS.join(', ')}`);
}
