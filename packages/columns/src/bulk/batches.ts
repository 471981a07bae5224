import { checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { checkBound, clip } from './ranges.ts';

export interface BatchOptions {
  /** The elements of a batch. Default: as many as `bytes` allows. */
  size?: number | undefined;
  /** The most bytes of a batch, as they are encoded. A batch has at least one element. Default 1 MiB. */
  bytes?: number | undefined;
  /** The first element. Default 0. */
  start?: number | undefined;
  /** The element before which the batches end. Default: the end of the column, wherever it is then. */
  end?: number | undefined;
}

const RULES = {
  size: rules.wholeNumber(1),
  bytes: rules.wholeNumber(1),
  start: { expected: 'a whole number', accepts: Number.isSafeInteger },
  end: { expected: 'a whole number', accepts: Number.isSafeInteger },
};

const DEFAULT_BYTES = 1024 * 1024;

/** What batches are read from. */
export interface BatchSource<B> {
  readonly length: number;
  /** Runs reads of one state of the file. */
  consistently<R>(read: () => R): R;
  /** Counts the elements of a range that have at most so many bytes together; at least one. */
  countWithin(start: number, end: number, bytes: number): number;
  read(start: number, end: number): B;
}

/** Returns the elements of a range, a batch at a time. Each batch is one consistent read. */
export function batchesOf<B>(options: BatchOptions | undefined, source: BatchSource<B>): Generator<B, undefined> {
  const checked = checkBatches(options);
  const { length } = source;
  const { start, end } = batchBounds(checked, length);
  return generate(source, start, end, checked);
}

/** Checks the options of batches. */
export function checkBatches(options: BatchOptions | undefined) {
  checkOptions('batches', options, RULES);
  const { size, bytes, start, end } = options ?? {};
  if (size !== undefined && bytes !== undefined) {
    throw new InvalidArgument('batches: both size and bytes are given; give one of them');
  }
  checkBound('batches', start);
  checkBound('batches', end);
  return { size, bytes: bytes ?? DEFAULT_BYTES, start, end };
}

/** Returns where batches begin, and where they end if that does not move with the length. */
export function batchBounds(
  { start, end }: Pick<BatchOptions, 'start' | 'end'>,
  length: number,
): { start: number; end: number | undefined } {
  const last = end === undefined || end >= 0 ? end : clip(end, length, length);
  return { start: clip(start, length, 0), end: last };
}

function* generate<B>(
  source: BatchSource<B>,
  start: number,
  end: number | undefined,
  { size, bytes }: { size: number | undefined; bytes: number },
): Generator<B, undefined> {
  for (let at = start; ; ) {
    const batch = source.consistently(() => {
      const to = Math.min(source.length, end ?? Number.POSITIVE_INFINITY);
      if (at >= to) return undefined;
      const until = Math.min(to, at + (size ?? source.countWithin(at, to, bytes)));
      const elements = source.read(at, until);
      at = until;
      return { elements };
    });
    if (!batch) return;
    yield batch.elements;
  }
}
