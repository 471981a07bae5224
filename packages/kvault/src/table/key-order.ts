import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Access, changeSchema, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { ReplacementWatches } from './replacement-watch.ts';

interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/**
 * Rewrites a table so that its rows lie in the order of their keys. Nothing but the rowids changes: the values, other
 * columns, indexes and triggers stay, and no trigger fires. Returns how many rows there are, or 0 if they lie in that
 * order already. Call it inside a transaction.
 */
export function putInKeyOrder(connection: Access, table: string): number {
  const name = `main.${quoteIdentifier(table)}`;
  if (isInKeyOrder(connection, name)) return 0;
  refuseUnlessMovable(connection, table);
  const columns = storedColumns(connection, table);
  const triggers = triggersOf(connection, table);
  const moved = handlesOn(connection, table, name);
  const copy = `main.${quoteIdentifier(`kohakuvault_order_${table}`)}`;
  const list = columns.map(quoteIdentifier).join(', ');
  const run = (sql: string) => connection.write(() => connection.statement(sql).run()).changes;
  changeSchema(
    connection,
    ...triggers.map(({ name }) => `DROP TRIGGER main.${quoteIdentifier(name)}`),
    // Columns without a type take every value as it is.
    `CREATE TABLE ${copy} (${columns.map((_, index) => `c${index}`).join(', ')})`,
  );
  const rows = run(`INSERT INTO ${copy} SELECT ${list} FROM ${name} ORDER BY key`);
  run(`DELETE FROM ${name}`);
  run(`INSERT INTO ${name} (${list}) SELECT * FROM ${copy} ORDER BY rowid`);
  changeSchema(
    connection,
    `DROP TABLE ${copy}`,
    // SQLite keeps the text of a trigger from its name on, without the schema.
    ...triggers.map(({ sql }) => sql.replace(/^CREATE TRIGGER /, 'CREATE TRIGGER main.')),
  );
  moved();
  return rows;
}

function isInKeyOrder(connection: Access, name: string): boolean {
  const find = connection.query<number>(
    `SELECT EXISTS (SELECT 1 FROM (SELECT rowid AS own, lag(rowid) OVER (ORDER BY key) AS before FROM ${name})
      WHERE own < before)`,
    { pluck: true },
  );
  return connection.read(() => find.get()) === 0;
}

/** Refuses tables of which others know the rows, or that SQLite cannot order otherwise. */
function refuseUnlessMovable(connection: Access, table: string): void {
  const ask = (sql: string) => connection.read(() => connection.query<string>(sql, { pluck: true }).get(table));
  const id = ask(
    `SELECT name FROM pragma_table_info(?, 'main') AS own WHERE pk AND upper(type) = 'INTEGER'
      AND (SELECT count(*) FROM pragma_table_info(?1, 'main') WHERE pk) = 1`,
  );
  if (id !== undefined) throw refused(table, `its rows are in the order of its column ${id}`);
  const child = ask(
    `SELECT child.name FROM main.sqlite_schema AS child JOIN pragma_foreign_key_list(child.name, 'main') AS reference
      WHERE child.type = 'table' AND reference."table" = ? COLLATE NOCASE LIMIT 1`,
  );
  if (child !== undefined) throw refused(table, `foreign keys of ${child} refer to it`);
  const trigger = ask("SELECT name FROM temp.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE");
  if (trigger !== undefined) throw refused(table, `the temporary trigger ${trigger} would fire; drop it first`);
}

function refused(table: string, why: string): InvalidArgument {
  return new InvalidArgument(`${quoteIdentifier(table)} cannot be put in the order of its keys: ${why}`);
}

/** Returns the columns that are stored, in their order. */
function storedColumns(connection: Access, table: string): string[] {
  const columns = connection.query<string>(
    "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0 ORDER BY cid",
    { pluck: true },
  );
  return connection.read(() => columns.all(table));
}

function triggersOf(connection: Access, table: string): Trigger[] {
  const triggers = connection.query<Trigger>(
    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY rowid",
  );
  return connection.read(() => triggers.all(table));
}

/** Notes where the values of open handles are. The function returned tells the handles where they are now. */
function handlesOn(connection: Access, table: string, name: string): () => void {
  const find = connection.query<bigint>(`SELECT rowid FROM ${name} WHERE key = ?`, { pluck: true, bigints: true });
  const rowidOf = (key: Buffer) => connection.read(() => find.get(key));
  const known = ReplacementWatches.of(connection).on(table);
  const unmoved = known.filter(({ key, rowids }) => {
    const rowid = rowidOf(key);
    return rowid !== undefined && rowids.has(rowid);
  });
  return () => {
    for (const { key, rowids } of unmoved) {
      const rowid = rowidOf(key);
      // The old one stays: a rollback puts the row back there.
      if (rowid !== undefined) rowids.add(rowid);
    }
  };
}
