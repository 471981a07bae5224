import { detailOf } from '../errors/error-detail.ts';
import type { Access } from './access.ts';
import { TABLE } from './meta.ts';

/** Returns what a file says of itself under a key of `kohakuvault_meta`; undefined if it says nothing. */
export function metaEntry(connection: Access, key: string): string | undefined {
  const select = connection.query<string>(`SELECT CAST(value AS TEXT) FROM main.${TABLE} WHERE key = ?`, {
    pluck: true,
  });
  try {
    return connection.read(() => select.get(key));
  } catch (error) {
    // Not every file of the Python package has the table, and a readonly connection does not make it.
    if (detailOf(error) === 'no-such-table') return undefined;
    throw error;
  }
}

/** Writes what a file says under a key, or removes it. */
export function setMetaEntry(connection: Access, key: string, value: string | undefined): void {
  if (value === undefined) {
    const remove = connection.statement(`DELETE FROM main.${TABLE} WHERE key = ?`);
    connection.write(() => remove.run(key));
    return;
  }
  const put = connection.statement(
    `INSERT INTO main.${TABLE} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
  connection.write(() => put.run(key, value));
}
