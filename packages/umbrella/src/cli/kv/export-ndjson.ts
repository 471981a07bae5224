import type { Sink } from '../formats/destination.ts';
import { recordLine } from './json-record.ts';
import type { StoredValues } from './stored-values.ts';

interface ExportOptions {
  readonly prefix: string | Buffer;
  progress(done: number): void;
}

/** Writes a key-value table as one JSON object to a line; how many. */
export async function exportNdjson(
  values: StoredValues,
  sink: Sink,
  { prefix, progress }: ExportOptions,
): Promise<number> {
  let done = 0;
  for (const key of values.vault.keys({ prefix })) {
    await sink.write(recordLine(values.record(key)));
    progress(++done);
  }
  return done;
}
