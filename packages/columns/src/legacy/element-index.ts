import { CorruptData } from '@kohakuvault/core-native';
import type { Connection } from '@kohakuvault/core-native/database';
import { EntryRuns } from './entry-runs.ts';
import { FixedStore } from './fixed-store.ts';
import { ENTRY_BYTES, INDEX_DTYPE } from './index-entries.ts';
import type { LegacyTables } from './tables.ts';

/** Entries that are looked at together. */
const WINDOW = 65_536;

/** Which data chunk each element of a column is in, and where: the ordinary fixed column `<name>_idx`. */
export class ElementIndex extends FixedStore {
  readonly #column: string;

  constructor(connection: Connection, tables: LegacyTables, column: string) {
    super(connection, tables, `${column}_idx`, { dtype: INDEX_DTYPE, elemSize: ENTRY_BYTES, shownAs: column });
    this.#column = column;
  }

  /** The limit of its chunks, which Python takes for that of the data's too. */
  get maxChunk(): number {
    return this.fresh().meta.maxChunk;
  }

  /** Where consecutive elements are. */
  runs(start: number, end: number): EntryRuns {
    const { data } = this.read(start, end);
    const runs = this.#newRuns(start, end);
    runs.add(data, 0, data.length);
    return runs;
  }

  /** The same of what is in memory; undefined where that is not all of it. Nothing is copied. */
  residentRuns(start: number, end: number): EntryRuns | undefined {
    const column = this.fresh();
    if (end > column.length) return undefined;
    const runs = this.#newRuns(start, end);
    for (let index = start; index < end; ) {
      const segment = column.segmentAt(index);
      if (segment === undefined) return undefined;
      const until = Math.min(end, segment.end);
      runs.add(segment.bytes, (index - segment.start) * ENTRY_BYTES, (until - segment.start) * ENTRY_BYTES);
      index = until;
    }
    return runs;
  }

  /** Calls with the entries of all elements, many at a time. */
  eachWindow(from: number, to: number, each: (start: number, entries: Buffer, runs: EntryRuns) => void): void {
    for (let start = from; start < to; start += WINDOW) {
      const { data } = this.read(start, Math.min(to, start + WINDOW));
      const runs = this.#newRuns(start, start + data.length / ENTRY_BYTES);
      runs.add(data, 0, data.length);
      each(start, data, runs);
    }
  }

  /** Bytes of all elements. */
  elementBytes(): number {
    let bytes = 0;
    this.eachWindow(0, this.length, (_, __, runs) => {
      bytes += runs.bytes;
    });
    return bytes;
  }

  #newRuns(start: number, end: number): EntryRuns {
    return new EntryRuns(
      end - start,
      (index, entry) =>
        new CorruptData(`column ${JSON.stringify(this.#column)}: the index says of element ${start + index}: ${entry}`),
    );
  }
}
