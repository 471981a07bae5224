import type { Database } from 'better-sqlite3';
import { setThrownLookup, type Thrown } from '../errors/native-errors.ts';
import { isRefusedArgument } from '../errors/sqlite-errors.ts';
import { isErrorNamed } from '../realms/any-realm.ts';
import { NodeDatabase } from './hosts/node-database.ts';
import { nativeClassOf } from './native-class.ts';
import { callsBackThroughNodeApi } from './peer.ts';

/**
 * The databases whose functions are watched, by handle.
 *
 * When a statement of ours calls a function of the user and that throws, better-sqlite3 keeps the exception in its own
 * Node-API environment, for a return into better-sqlite3 that does not happen, and the next exception ends the process.
 * Its native class, when it is constructed without arguments, only refuses them; if an exception is kept, it throws
 * that instead. (Except `null` and `undefined`: those end the process here, as they do in better-sqlite3.)
 */
const databases = new Map<number, WeakRef<Database>>();
const collected = new FinalizationRegistry<number>((handle) => databases.delete(handle));

/** Makes what the functions of this `Database` throw the cause of our errors. */
export function watchFunctions(database: Database, handle: number): void {
  if (database instanceof NodeDatabase) database.watch(handle);
  else if (!callsBackThroughNodeApi(database)) return;
  databases.set(handle, new WeakRef(database));
  collected.register(database, handle);
  setThrownLookup(thrownIn);
}

let NativeDatabase: (new () => unknown) | undefined;

/**
 * Returns what a function threw in the last statement of a connection, and makes better-sqlite3 forget it. In Bun,
 * exceptions belong to the thread, so the core has found it already.
 */
function thrownIn(handle: number, message: string, pending: Thrown | undefined): Thrown | undefined {
  const database = databases.get(handle)?.deref();
  if (database instanceof NodeDatabase) return pending ?? database.takeThrown(message);
  if (pending) {
    if (database) forgetError(database);
    return pending;
  }
  // If this Database was collected already, any other one will do.
  NativeDatabase = (database && nativeClassOf(database)) ?? NativeDatabase;
  if (!NativeDatabase) return undefined;
  try {
    new NativeDatabase();
    return undefined;
  } catch (error) {
    if (isRefusedArgument(error)) return undefined;
    if (database) forgetError(database);
    return { value: error };
  }
}

/** Clears the mark by which better-sqlite3 takes its next failure for the function's, and would not report its own. */
function forgetError(database: Database): void {
  try {
    database.prepare('not SQL');
  } catch (error) {
    // A statement of better-sqlite3's is running, which clears the mark if it fails.
    const isBusy = isErrorNamed(error, 'TypeError') && database.open;
    if (isBusy) queueMicrotask(() => forgetErrorLater(database));
  }
}

function forgetErrorLater(database: Database): void {
  try {
    database.prepare('not SQL');
  } catch {
    // The mark was cleared already, or the database is closed.
  }
}
