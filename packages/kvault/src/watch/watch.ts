import { LiveIteration } from '@kohakuvault/core-native/internal';
import type { CommitWaiter, Connection } from '@kohakuvault/core-native/internal/database';
import type { Change } from '../changes/change.ts';
import { ChangeLog, type LoggedChange, type LogPosition } from '../changes/change-log.ts';
import { newWatcherId, type Watcher, Watchers } from '../changes/watchers.ts';
import { liesIn, type ResolvedRange } from '../keys/range.ts';
import { positionOf, positionText } from './position.ts';
import { checkWatch, type WatchOptions } from './watch-options.ts';

/** How many changes are read at once. */
const CHANGES_AT_ONCE = 256;

/** What a watch needs of its vault. */
export interface Watched<K, V> {
  readonly connection: Connection;
  readonly table: string;
  keyOf(key: Buffer): K;
  currentValue(key: Buffer): V | undefined;
}

/** The changes of a vault, from now on or from a position: each once, in the order of the commits. */
export class Watch<K = string, V = unknown> extends LiveIteration<Change<K, V>> {
  readonly #place: { last: LogPosition };

  /** @internal */
  constructor(
    waiter: CommitWaiter,
    changes: AsyncGenerator<Change<K, V>, void, undefined>,
    place: { last: LogPosition },
  ) {
    super(waiter, changes);
    this.#place = place;
  }

  /** The place after the last change that the iteration has returned. */
  get position(): string {
    return positionText(this.#place.last);
  }
}

/** Watches a range of keys. Everything that is committed after this call is a change of the watch. */
export function watch<K, V>(
  watched: Watched<K, V>,
  range: ResolvedRange,
  options: WatchOptions | undefined,
  keepsAlive = true,
): Watch<K, V> {
  const { connection, table } = watched;
  const { signal, since, keep = 0 } = checkWatch(range, options);
  const from = since === undefined ? undefined : positionOf(since);
  signal?.throwIfAborted();
  connection.refuseInTransaction('watch');
  connection.checkWritable();
  const log = new ChangeLog(connection.shared, table);
  const place = { last: { log: '', number: 0 } };
  // How far the log was read, which is farther than what was returned.
  const read = { last: place.last };
  const watcher: Watcher = { id: newWatcherId(), log, keep, seen: () => place.last.number };
  const watchers = Watchers.of(connection);
  place.last = read.last = watchers.add(watcher, from);
  const waiter = connection.waitForCommits({ signal, keepsAlive });
  waiter.whenEnded(() => watchers.remove(watcher));
  return new Watch(waiter, changesOf(watched, { log, waiter, range, place, read }), place);
}

interface Reading {
  readonly log: ChangeLog;
  readonly waiter: CommitWaiter;
  readonly range: ResolvedRange;
  readonly place: { last: LogPosition };
  readonly read: { last: LogPosition };
}

async function* changesOf<K, V>(
  watched: Watched<K, V>,
  { log, waiter, range, place, read }: Reading,
): AsyncGenerator<Change<K, V>, void, undefined> {
  try {
    for (let goesOn = true; goesOn; ) {
      waiter.throwIfAborted();
      if (!waiter.open) return;
      waiter.note();
      const changes = committed(watched.connection, log, read.last);
      for (const change of changes ?? []) {
        read.last = { ...read.last, number: change.number };
        if (!liesIn(range, change.key)) continue;
        place.last = read.last;
        yield changeOf(watched, change, positionText(read.last));
        waiter.throwIfAborted();
        if (!waiter.open) return;
      }
      // What lies outside of the range was seen too.
      place.last = read.last;
      if (changes?.length === CHANGES_AT_ONCE) continue;
      goesOn = await waiter.wait({ again: changes === undefined });
    }
  } finally {
    waiter.close();
  }
}

/** Returns what was committed after a place; undefined while a transaction of the user is open on the connection. */
function committed(connection: Connection, log: ChangeLog, after: LogPosition): LoggedChange[] | undefined {
  // Reads would see what may be rolled back.
  return connection.shared.database.inTransaction ? undefined : log.readAfter(after, CHANGES_AT_ONCE);
}

function changeOf<K, V>(
  { keyOf, currentValue }: Watched<K, V>,
  { key, kind }: LoggedChange,
  position: string,
): Change<K, V> {
  return { key: keyOf(key), kind, position, value: () => currentValue(key) };
}
