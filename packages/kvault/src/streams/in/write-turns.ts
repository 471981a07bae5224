import { type Connection, waitedInVain } from '@kohakuvault/core-native/internal/database';
import { unlessAborted } from '../abort.ts';

/** The longest pause between two tries for the lock, in milliseconds. The first ones are shorter. */
const LONGEST_PAUSE = 5;
/** The pause before it looks again whether the WAL has room, in milliseconds. */
const PAUSE_FOR_ROOM = 5;

export interface WriteTurn<T> {
  /** Runs in the transaction, once. */
  readonly body: () => T;
  /** Whether what any vault has pending is written into the transaction too. */
  readonly ofAll?: boolean;
  /** Called before each try. It throws if the transaction must not run any more. */
  readonly check: () => void;
  readonly signal: AbortSignal;
}

/**
 * The short transactions of calls that return a promise. While another connection has the write lock, they do not block
 * the thread: they try again in later turns of the event loop, until `busyTimeout` is over. While the WAL is long and
 * another thread empties it, they make way: otherwise a commit would have to empty it in the end, and stall the event
 * loop. They run in the order in which they were asked for.
 */
export class WriteTurns {
  #last: Promise<unknown> | undefined;

  static of(connection: Connection): WriteTurns {
    return connection.companion('write turns', () => new WriteTurns());
  }

  /** Runs the transaction. If the file is free, it has ended when this returns. */
  run<T>(connection: Connection, turn: WriteTurn<T>): T | Promise<T> {
    const before = this.#last;
    if (before === undefined && !connection.shared.walMover.needsRoom) {
      turn.check();
      const attempt = connection.tryTransaction(turn.body, turn.ofAll);
      if ('result' in attempt) return attempt.result;
    }
    const done = runLater(connection, turn, before);
    const last = Promise.allSettled([before, done]).then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
    return done;
  }
}

async function runLater<T>(connection: Connection, turn: WriteTurn<T>, before: Promise<unknown> | undefined) {
  const { options, walMover } = connection.shared;
  const { body, ofAll, check, signal } = turn;
  const { busyTimeout } = options;
  const { setImmediate, setTimeout } = process.getBuiltinModule('node:timers/promises');
  await unlessAborted(Promise.resolve(before), signal);
  // Those that wait for each other would otherwise all run in one turn.
  await setImmediate();
  let waited = 0;
  let last = performance.now();
  for (let tries = 1; ; tries++) {
    while (walMover.needsRoom) {
      await setTimeout(PAUSE_FOR_ROOM);
      last = performance.now();
    }
    signal.throwIfAborted();
    check();
    const attempt = connection.tryTransaction(body, ofAll);
    if ('result' in attempt) return attempt.result;
    const now = performance.now();
    // A copy of ours in another thread may take longer than `busyTimeout`.
    if (attempt.busy.cause !== undefined) waited += now - last;
    last = now;
    if (waited >= busyTimeout) throw waitedInVain(attempt.busy, waited, tries);
    await setTimeout(Math.min(tries, LONGEST_PAUSE));
  }
}
