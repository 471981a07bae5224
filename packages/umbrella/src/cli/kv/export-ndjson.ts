import { InvalidArgument } from '@kohakuvault/core-native';
import type { Sink } from '../formats/destination.ts';
import { size } from '../terminal/text.ts';
import { shownKey } from './keys.ts';
import type { StoredValues } from './stored-values.ts';

/** Base64 of more would not fit into a string of JavaScript. */
const LONGEST_VALUE = 256 * 1024 * 1024;

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
  for (const found of values.vault.keys({ prefix })) {
    const key = found as unknown as Buffer;
    const bytes = values.look(key)?.bytes ?? 0;
    if (bytes > LONGEST_VALUE) {
      throw new InvalidArgument(
        `the value of ${shownKey(key, false)} is ${size(bytes)}, too long for a line of JSON: export to a folder`,
      );
    }
    await sink.write(`${JSON.stringify(values.record(key))}\n`);
    progress(++done);
  }
  return done;
}
