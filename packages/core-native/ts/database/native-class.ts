/**
 * Returns better-sqlite3's native class behind a `Database`. It is one class for all realms and all entries of the
 * package, each of which has a `Database` class of its own.
 */
export function nativeClassOf(database: object): (new () => unknown) | undefined {
  for (const symbol of Object.getOwnPropertySymbols(database)) {
    const inner = (database as Record<symbol, unknown>)[symbol];
    const Class = typeof inner === 'object' ? inner?.constructor : undefined;
    if (Class?.name === 'Database') return Class as new () => unknown;
  }
  return undefined;
}
