import type { AsyncFrame, FrameConditions, FrameSchema, RangeOptions } from '@kohakuvault/columns';
import {
  type ArrowOptions,
  batchBounds,
  type FrameWindow,
  RANGE_RULES,
  rowsThatMeet,
} from '@kohakuvault/columns/internal';
import { checkOptions } from '@kohakuvault/core-native/internal';
import { arrowTable, askArrow } from './arrow-message.ts';
import { ITSELF } from './messages.ts';
import type { Remote } from './remote.ts';
import { type RemoteColumn, remoteColumn } from './remote-column.ts';
import { type RemoteShape, remoteObject } from './remote-object.ts';

/** A `Frame` in another thread. */
export type RemoteFrame<S extends FrameSchema = FrameSchema> = Omit<AsyncFrame<S>, 'columns'> & {
  readonly columns: { readonly [K in keyof S]: RemoteColumn<S[K]> };
};

const SHAPE: RemoteShape = { iterations: ['rows'], iterator: ITSELF };

/** The rows that a function gets at a time. */
const ROWS_AT_ONCE = 4096;

/** Returns what stands for a `Frame` in another thread. */
export function remoteFrame<S extends FrameSchema>(
  remote: Remote,
  { name, described }: Readonly<Record<string, unknown>>,
): RemoteFrame<S> {
  const all = remote.place('columns', []);
  const columns = Object.entries(described as Record<string, Record<string, unknown>>).map(([own, properties]) => [
    own,
    remoteColumn(all.place(own, []), properties),
  ]);
  const frame = remoteObject<RemoteFrame<S>>(remote, SHAPE, {
    name,
    columns: Object.fromEntries(columns),
    toArrow: async (options?: ArrowOptions) => arrowTable(await askArrow(remote, options), options?.arrow),
    where: async (conditions: FrameConditions<S>, range?: RangeOptions) => {
      const given = typeof conditions === 'object' && conditions !== null ? Object.values(conditions) : [];
      // Functions stay in this thread, and the rows come to them.
      if (!given.some((condition) => typeof condition === 'function')) {
        return await remote.call('where', [conditions, range]);
      }
      checkOptions('where', range, RANGE_RULES);
      return await rowsThatMeet(frame, conditions, () => windowsOf(frame, range));
    },
  });
  return frame;
}

async function* windowsOf<S extends FrameSchema>(
  frame: Pick<RemoteFrame<S>, 'length' | 'slice'>,
  range: RangeOptions | undefined,
): AsyncGenerator<FrameWindow, void, undefined> {
  for (let at: number | undefined; ; ) {
    const length = await frame.length();
    const { start, end = length } = batchBounds(range ?? {}, length);
    const first: number = at ?? start;
    const last = Math.min(end, length, first + ROWS_AT_ONCE);
    if (first >= last) return;
    const blocks = await frame.slice(first, last);
    const [some] = Object.values<unknown>(blocks);
    const count = (some as ArrayLike<unknown>).length;
    if (count === 0) return;
    yield { first, count, blocks };
    at = first + count;
  }
}
