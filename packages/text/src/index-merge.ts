import { checkOptions, isTagged, rules } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { changingIndex } from './damage.ts';
import type { TextSource } from './text-search.ts';

/** How far a merge has come. */
export interface MergeStep {
  /** How many parts the index has. A search reads all of them. */
  parts: number;
  /** How many steps were done. */
  steps: number;
}

export interface MergeOptions {
  /** Begins no further step after so many milliseconds. Default: merges all. */
  maxMs?: number | undefined;
  /** Called after each step, outside of its transaction. */
  onProgress?: ((step: MergeStep) => void) | undefined;
  /** Begins no further step once it is aborted, and throws its reason. What was merged stays. */
  signal?: AbortSignal | undefined;
}

export interface MergeResult extends MergeStep {
  /** Whether everything is merged. */
  done: boolean;
}

const RULES = {
  maxMs: rules.wholeNumber(0),
  onProgress: { expected: 'a function', accepts: (value: unknown) => typeof value === 'function' },
  signal: { expected: 'an AbortSignal', accepts: (value: unknown) => isTagged(value, 'AbortSignal') },
};

/** How many pages of the index a step writes, which takes some milliseconds. */
const PAGES_OF_STEP = 500;
/** A step that changes fewer rows has found nothing to merge. FTS5 says so. */
const LEAST_CHANGES = 2;

export function mergeIndex({ connection, names }: TextSource, options: MergeOptions | undefined): MergeResult {
  checkOptions('merge', options, RULES);
  const { maxMs = Number.POSITIVE_INFINITY, onProgress, signal } = options ?? {};
  const end = performance.now() + maxMs;
  const name = quoteIdentifier(names.table);
  const merge = connection.statement(`INSERT INTO ${names.fts} (${name}, rank) VALUES ('merge', ?)`);
  const changes = connection.query<number>('SELECT total_changes()', { pluck: true });
  const parts = connection.query<number>(
    `SELECT count(DISTINCT segid) FROM main.${quoteIdentifier(`${names.table}_idx`)}`,
    { pluck: true },
  );
  const count = () => connection.read(() => parts.get()) ?? 0;
  const mergeSome = (pages: number): boolean =>
    connection.transaction(() => {
      const before = connection.read(() => changes.get()) ?? 0;
      connection.write(() => merge.run(pages), 'nested');
      return (connection.read(() => changes.get()) ?? 0) - before >= LEAST_CHANGES;
    });
  const before = count();
  const result: MergeResult = { parts: before, steps: 0, done: before <= 1 };
  while (!result.done && performance.now() < end) {
    signal?.throwIfAborted();
    // A negative number has FTS5 merge everything, whatever its size; the steps after that go on with it.
    const pages = result.steps === 0 ? -PAGES_OF_STEP : PAGES_OF_STEP;
    const hasMerged = changingIndex(names.table, () => mergeSome(pages));
    result.steps++;
    result.parts = count();
    result.done = !hasMerged || result.parts <= 1;
    onProgress?.({ parts: result.parts, steps: result.steps });
  }
  return result;
}
