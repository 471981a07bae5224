import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Params } from '../api/params.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { download, type StudioResponse } from '../http/exchange.ts';

const TYPES = { csv: 'text/csv; charset=utf-8', arrow: 'application/vnd.apache.arrow.file' } as const;

/** Answers with columns as a file. */
export function columnExport(file: VaultFile, params: Params, signal: AbortSignal): StudioResponse {
  const names = params.texts('name');
  const format = params.oneOf('format', ['csv', 'arrow']);
  if (format === undefined)
    throw new InvalidArgument(`format is ${describe(params.optionalText('format'))}; expected csv or arrow`);
  if (names.length === 0) throw new InvalidArgument('no column is named; give name=… once for each');
  const parts = file.columns.exportColumns(names, { format });
  const name = `${names.length === 1 ? names[0] : 'columns'}.${format}`;
  return download(name, TYPES[format], inTurns(parts, signal));
}

/** Gives other requests a turn between two parts. */
export async function* inTurns(parts: Iterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    signal.throwIfAborted();
    yield part;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
