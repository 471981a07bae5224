import { InvalidArgument, KohakuVaultError, nativeCore } from '@kohakuvault/core-native';
import { type Connection, quoteIdentifier } from '@kohakuvault/core-native/database';

/** Makes the table where it is missing, checks it where it is not, and returns the number the core knows it by. */
export function openTable(connection: Connection, table: string): number {
  const name = quoteIdentifier(table);
  const columns = connection.read(() => columnsOf(connection, table));
  if (columns.length === 0) {
    if (connection.readonly) {
      throw new KohakuVaultError(`there is no table ${name}, and a readonly vault makes none: open it writable once`, {
        code: 'KV_READONLY',
      });
    }
    // IF NOT EXISTS: another process may have made it meanwhile.
    const sql = `CREATE TABLE IF NOT EXISTS main.${name} (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)`;
    connection.write(() => nativeCore().binding.execute(connection.handle, sql));
  } else if (!columns.includes('key') || !columns.includes('value')) {
    throw new InvalidArgument(
      `the table ${name} has the columns ${columns.join(', ')}; a vault needs key and value: choose another table`,
    );
  }
  return connection.read(() => nativeCore().binding.createKvTable(connection.handle, table));
}

function columnsOf(connection: Connection, table: string): unknown[] {
  return connection.shared.database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
}
