import type { AsyncColumn, AsyncFollowing, Column, RangeOptions } from '@kohakuvault/columns';
import {
  type ArrowOptions,
  elementsOf,
  type FollowedPage,
  findInBatches,
  membersOfElement,
  roomOf,
} from '@kohakuvault/columns/internal';
import { StartedIteration } from '@kohakuvault/core-native/internal';
import { type DType, type Int64, parseDType, type TypedArray } from '@kohakuvault/packer';
import { arrowVector, askArrow } from './arrow-message.ts';
import { ITSELF } from './messages.ts';
import type { Remote } from './remote.ts';
import { type Asynchronous, type RemoteShape, remoteObject, withoutSignal } from './remote-object.ts';

type InternalMethod = 'appendPrepared' | 'followPages' | 'prepare' | 'prepareAll';

/** A `Column` in another thread. */
export type RemoteColumn<D extends DType = DType, I extends Int64 = 'bigint', T = unknown> = AsyncColumn<D, I, T> &
  Omit<Asynchronous<Column<D, I, T>, 'layout' | InternalMethod>, keyof AsyncColumn<D, I, T>> & {
    readonly layout: Column['layout'];
  };

const SHAPE: RemoteShape = { iterations: ['batches'], iterator: ITSELF };

/** Returns what stands for a `Column` in another thread. */
export function remoteColumn<D extends DType, I extends Int64, T>(
  remote: Remote,
  properties: Readonly<Record<string, unknown>>,
): RemoteColumn<D, I, T> {
  const column = remoteObject<RemoteColumn<D, I, T>>(remote, SHAPE, {
    ...properties,
    follow: (...options: unknown[]) => follow(remote, options),
    reverse: async () => {
      await remote.call('reverse');
      return column;
    },
    readInto: (target: TypedArray, start?: number) => readInto(remote, properties.dtype as D, target, start),
    toArrow: async (options?: ArrowOptions) => arrowVector(await askArrow(remote, options), options?.arrow),
    // A function stays in this thread, and the elements come to it.
    findIndex: async (wanted: unknown, range?: RangeOptions) =>
      typeof wanted === 'function'
        ? await findInBatches(column, wanted as () => boolean, range)
        : await remote.call('findIndex', [wanted, range]),
  });
  return column;
}

async function readInto(remote: Remote, dtype: DType, target: TypedArray, start: number | undefined): Promise<number> {
  const info = parseDType(dtype);
  roomOf(info, target);
  const sent = [target.slice(0, 0), target.length, start];
  const [count, read] = (await remote.call('readInto', sent)) as [number, TypedArray];
  // It may have been given away meanwhile.
  roomOf(info, target);
  target.set(read.subarray(0, count * membersOfElement(info)) as never);
  return count;
}

/** Elements come page by page, since each message has its price. */
function follow<T>(remote: Remote, given: unknown[]): AsyncFollowing<T> {
  const { rest, signal } = withoutSignal(given);
  const { begun, items, close, ending } = remote.live<FollowedPage<T>>('followPages', rest, { signal });
  const place: { next: number | undefined } = { next: undefined };
  const placed = begun.then(async (following) => {
    const next = (await following.call('position')) as number;
    place.next ??= next;
  });
  return new StartedIteration({ close }, elementsOf(items, place, ending), {
    begun: placed,
    position: () => place.next as number,
  });
}
