import type { Sink } from '../formats/destination.ts';
import type { EncodedTable } from './encoded-table.ts';
import { recordLine } from './json-record.ts';

interface ExportOptions {
  readonly prefix: string | Buffer;
  progress(done: number): void;
}

/** Writes a key-value table as JSON lines, one object per entry. Returns the number of entries. */
export async function exportNdjson(
  values: EncodedTable,
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
