import { InvalidArgument } from '../errors/errors.ts';
import { plural } from '../text/plain.ts';

/** What could not be written when the thread ended. */
export interface LostWrites {
  /** Undefined if nobody can tell any more. */
  readonly count: number | undefined;
  readonly why: string;
  /** Whether they belong to a transaction that has not been committed, and so were never to be kept. */
  readonly uncommitted: boolean;
}

/** A connection with pending writes. */
export interface EndingConnection {
  readonly path: string;
  /** Rolls back what is open, and writes everything that is pending. Never throws. */
  flushAtEnd(): LostWrites[];
}

/** A write-back cache of one vault. */
export interface EndingCache {
  /** Whether it asked for a flush when a signal ends the process. */
  readonly flushesOnSignals: boolean;
  /** Flushes, unless that must wait for something. Never throws. */
  flushSoon(): void;
  /** Takes note that the thread ends: nothing stays pending any more. */
  threadEnds(): void;
}

/** The signals that end a process which has no handler of them. */
const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGHUP', 'SIGBREAK'] : ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Held weakly: a `Database` of the user that is dropped must be collected. */
const connections = new Set<WeakRef<EndingConnection>>();
/** The caches that are enabled. They do not hold their vaults. */
const caches = new Set<EndingCache>();
let isEnding = false;
let hasExitListener = false;
let hasSignalListeners = false;

/** Whether the thread is ending. A cache that is enabled now must write at once. */
export function isThreadEnding(): boolean {
  return isEnding;
}

/** Has the pending writes of a connection written when the thread ends. To be called once for each connection. */
export function flushWhenThreadEnds(connection: EndingConnection): void {
  for (const held of connections) if (held.deref() === undefined) connections.delete(held);
  connections.add(new WeakRef(connection));
  if (hasExitListener) return;
  hasExitListener = true;
  process.on('exit', () => {
    const isLossless = flushAll();
    // A program that has lost what it wrote has not succeeded.
    if (!isLossless && !process.exitCode) process.exitCode = 1;
  });
  // Deno ends a program that throws without emitting "exit".
  if (process.versions.deno !== undefined) process.on('uncaughtExceptionMonitor', onUncaught);
}

function onUncaught(_error: unknown, origin: 'uncaughtException' | 'unhandledRejection'): void {
  // The program goes on if it handles the error.
  const isHandled = process.listenerCount('uncaughtException') + process.listenerCount(origin) > 0;
  if (!isHandled) flushAll();
}

/** Adds an enabled cache, or takes note of its changed settings. */
export function addCache(cache: EndingCache): void {
  caches.add(cache);
  listenToSignals();
}

export function removeCache(cache: EndingCache): void {
  caches.delete(cache);
  listenToSignals();
}

/** Refuses to wait for signals in a worker thread, which gets none. */
export function checkSignals(): void {
  if (process.getBuiltinModule('node:worker_threads').isMainThread) return;
  throw new InvalidArgument(
    'flushOnSignals is for the main thread, since worker threads get no signals; leave it out, ' +
      'and have the main thread end its workers when a signal comes',
  );
}

function listenToSignals(): void {
  let isWanted = false;
  for (const cache of caches) isWanted ||= cache.flushesOnSignals;
  if (isWanted === hasSignalListeners) return;
  hasSignalListeners = isWanted;
  for (const signal of SIGNALS) {
    // First in the row: a handler of the user that runs once has not been removed yet when ours looks for others.
    if (isWanted) process.prependListener(signal, onSignal);
    else process.off(signal, onSignal);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) {
    // The user decides whether the process ends.
    for (const cache of caches) if (cache.flushesOnSignals) cache.flushSoon();
    return;
  }
  flushAll();
  for (const each of SIGNALS) process.off(each, onSignal);
  hasSignalListeners = false;
  process.kill(process.pid, signal);
}

/**
 * Writes everything that is pending, and says on stderr what could not be written. Returns whether all has been written
 * that was to be kept.
 */
function flushAll(): boolean {
  isEnding = true;
  let isLossless = true;
  for (const held of connections) {
    const connection = held.deref();
    for (const lost of connection?.flushAtEnd() ?? []) {
      isLossless &&= lost.uncommitted;
      const what = lost.count === undefined ? 'pending writes' : plural(lost.count, 'pending write');
      say(`kohakuvault: ${what} of ${connection?.path} lost: ${lost.why}\n`);
    }
  }
  for (const cache of caches) cache.threadEnds();
  return isLossless;
}

/** Writes to stderr before the call returns: nothing asynchronous happens any more. */
function say(text: string): void {
  try {
    process.getBuiltinModule('node:fs').writeSync(2, text);
  } catch {
    process.stderr.write(text);
  }
}
