import { KohakuVaultError } from '../errors/errors.ts';
import { nativeCore } from '../native/binding.ts';
import type { Access } from './access.ts';
import { quoteIdentifier } from './identifiers.ts';

/** How a vault finds, checks and makes its tables. */
export interface TableSetup<Found> {
  /** Returns what is there under the table's name; undefined if nothing is. */
  find(): Found | undefined;
  /** Throws if what was found is not a table of this kind of vault. */
  check(found: Found): void;
  /** Makes the tables, inside a transaction. */
  make(): void;
}

/** Checks the tables of a vault, or makes them if they are missing. */
export function openTable<Found>(connection: Access, table: string, { find, check, make }: TableSetup<Found>): void {
  const found = connection.read(find);
  if (found !== undefined) {
    check(found);
    return;
  }
  if (connection.readonly) {
    throw new KohakuVaultError(
      `there is no table ${quoteIdentifier(table)}, and a readonly vault does not create one; open it writable once`,
      { code: 'KV_READONLY' },
    );
  }
  connection.transaction(() => {
    // Another process may have made it since.
    const made = connection.read(find);
    if (made === undefined) make();
    else check(made);
  });
}

/** Runs statements that make, change or remove tables and triggers, in one transaction. */
export function changeSchema(connection: Access, ...statements: readonly string[]): void {
  const { binding } = nativeCore();
  connection.transaction(() => {
    for (const sql of statements) connection.write(() => binding.execute(connection.handle, sql));
  });
}

/** Returns the names of a table's columns; none without such a table. */
export function columnsOf(connection: Access, table: string): string[] {
  return connection.query<string>("SELECT name FROM pragma_table_info(?, 'main')", { pluck: true }).all(table);
}
