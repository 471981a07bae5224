import type { Database } from 'better-sqlite3';
import { askWhatFunctionsThrew, type Thrown } from '../errors/native-errors.ts';
import { isRefusedArgument } from '../errors/sqlite-errors.ts';
import { callsBackThroughNodeApi } from './peer.ts';

/**
 * What a function of the user's threw while a statement of ours called it.
 *
 * better-sqlite3 keeps the exception in its own Node-API environment, for a call into itself that there is not, and ends the process with
 * the next one. Its native class, constructed without arguments, does nothing but refuse them; where an exception is kept, that comes out
 * instead. (Not `null` and `undefined`: those end the process here, as they do in better-sqlite3.)
 */
const databases = new Map<number, WeakRef<Database>>();
const collected = new FinalizationRegistry<number>((handle) => databases.delete(handle));

/** Has what the functions of this `Database` throw become the cause of our errors. */
export function watchFunctions(database: Database, handle: number): void {
  if (!callsBackThroughNodeApi(database)) return;
  databases.set(handle, new WeakRef(database));
  collected.register(database, handle);
  askWhatFunctionsThrew(takeThrown);
}

let NativeDatabase: (new () => unknown) | undefined;

function takeThrown(handle: number): Thrown | undefined {
  const database = databases.get(handle)?.deref();
  // Where this Database has been collected already, any other one is asked.
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

function nativeClassOf(database: Database): (new () => unknown) | undefined {
  for (const symbol of Object.getOwnPropertySymbols(database)) {
    const inner = (database as unknown as Record<symbol, unknown>)[symbol];
    const Class = typeof inner === 'object' ? inner?.constructor : undefined;
    if (Class?.name === 'Database') return Class as new () => unknown;
  }
  return undefined;
}

/** better-sqlite3 also remembers that the failure to come is the function's, and would say nothing of the next one of its own. */
function forgetError(database: Database): void {
  try {
    database.prepare('not SQL');
  } catch (error) {
    // Inside a statement of better-sqlite3's; that one forgets it where it fails.
    const isBusy = error instanceof TypeError && database.open;
    if (isBusy) queueMicrotask(() => forgetErrorLater(database));
  }
}

function forgetErrorLater(database: Database): void {
  try {
    database.prepare('not SQL');
  } catch {
    // It was forgotten already, or the database is closed.
  }
}
