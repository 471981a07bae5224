import { StudioError } from '../api/studio-error.ts';

/** The bytes from `start` to `end`, which is the last one. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the range that a header asks for; undefined for the whole. Of several ranges, the whole is sent, as the
 * standard allows. A range beyond the end is refused.
 */
export function rangeOfHeader(header: string | null | undefined, size: number): ByteSpan | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw unsatisfiable(size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size) throw unsatisfiable(size);
  return start > end ? undefined : { start, end };
}

/** An error whose answer tells the size. */
export class RangeError416 extends StudioError {
  readonly size: number;

  constructor(size: number) {
    super('STUDIO_RANGE', `the range is beyond the end of the ${size} bytes`);
    this.size = size;
  }
}

function unsatisfiable(size: number): RangeError416 {
  return new RangeError416(size);
}
