import Database from 'better-sqlite3';
import type { Random } from '../../../testing/src/random.ts';
import { garble, type Mutate, type Mutation } from './mutation.ts';

/** The most tables that are tried: a table may have nothing to change. */
const TRIES = 30;

/** Changes bytes of one value in any table: a key, a value, a chunk, vectors, ids, an index. */
export const mutateBytes: Mutate = (path, random) =>
  inTables(path, random, (database, table) => {
    const cell = pickCell(database, table, random);
    if (!cell || !Buffer.isBuffer(cell.value)) return undefined;
    return change(database, cell, garble(cell.value, random));
  });

/** Replaces one value of any kind, deletes a row, or writes it twice. */
export const mutateRow: Mutate = (path, random) =>
  inTables(path, random, (database, table) => {
    const cell = pickCell(database, table, random);
    if (!cell) return undefined;
    if (random.oneIn(6)) {
      const { changes } = database.prepare(`DELETE FROM ${quoted(table)} WHERE _rowid_ = ?`).run(cell.rowid);
      return changes === 0 ? undefined : `deleted row ${cell.rowid} of ${table}`;
    }
    if (random.oneIn(8)) {
      const columns = columnsOf(database, table).map(quoted).join(', ');
      const values = columnsOf(database, table).map((name) => (name === cell.column ? '?' : quoted(name)));
      const sql = `INSERT INTO ${quoted(table)} (${columns}) SELECT ${values.join(', ')} FROM ${quoted(table)} WHERE _rowid_ = ?`;
      const other = otherValue(cell.value, random);
      database.prepare(sql).run(other, cell.rowid);
      return `copied row ${cell.rowid} of ${table} with ${cell.column} = ${shown(other)}`;
    }
    return change(database, cell, otherValue(cell.value, random));
  });

/** Drops or renames tables, columns, indexes and triggers, and changes declarations. */
export const mutateSchema: Mutate = (path, random) =>
  inTables(path, random, (database, table) => {
    const columns = columnsOf(database, table);
    const column = columns[random.below(columns.length)] as string;
    switch (random.below(6)) {
      case 0:
        database.exec(`DROP TABLE ${quoted(table)}`);
        return `dropped ${table}`;
      case 1:
        database.exec(`ALTER TABLE ${quoted(table)} RENAME COLUMN ${quoted(column)} TO other_name`);
        return `renamed ${table}.${column}`;
      case 2:
        database.exec(`ALTER TABLE ${quoted(table)} RENAME TO ${quoted(`${table} elsewhere`)}`);
        return `renamed ${table}`;
      case 3: {
        const { changes } = database
          .prepare('DELETE FROM sqlite_schema WHERE tbl_name = ? AND type <> ?')
          .run(table, 'table');
        return changes === 0 ? undefined : `forgot the indexes and triggers of ${table}`;
      }
      case 4: {
        const sql = "UPDATE sqlite_schema SET sql = replace(sql, 'BLOB', 'TEXT') WHERE name = ? AND sql LIKE '%BLOB%'";
        return database.prepare(sql).run(table).changes === 0 ? undefined : `declared the BLOBs of ${table} as TEXT`;
      }
      default: {
        const sql =
          'UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 ORDER BY name LIMIT 1 OFFSET ?) WHERE name = ?';
        const { changes } = database.prepare(sql).run(random.below(8), table);
        return changes === 0 ? undefined : { text: `gave ${table} the root page of another` };
      }
    }
  });

type Try = (database: Database.Database, table: string) => string | Mutation | undefined;

/** Tries damage in one table after the other until one changes. */
function inTables(path: string, random: Random, damage: Try): Mutation {
  for (let left = TRIES; left > 0; left--) {
    const database = new Database(path);
    try {
      // Only this allows writes to shadow tables and to the schema itself.
      database.unsafeMode();
      database.pragma('writable_schema = ON');
      database.pragma('foreign_keys = OFF');
      database.defaultSafeIntegers(true);
      const tables = tablesOf(database);
      const table = tables[random.below(tables.length)] as string;
      const done = damage(database, table);
      if (done !== undefined) return typeof done === 'string' ? { text: done, table } : done;
    } catch {
      // A constraint forbids it, or the table cannot be written.
    } finally {
      database.close();
    }
  }
  return { text: 'found nothing to change' };
}

function tablesOf(database: Database.Database): string[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
    .pluck()
    .all() as string[];
}

function columnsOf(database: Database.Database, table: string): string[] {
  return database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
}

interface Cell {
  readonly table: string;
  readonly column: string;
  readonly rowid: bigint;
  readonly value: unknown;
}

function pickCell(database: Database.Database, table: string, random: Random): Cell | undefined {
  const count = Number(
    database
      .prepare(`SELECT count(*) FROM ${quoted(table)}`)
      .pluck()
      .get(),
  );
  if (count === 0) return undefined;
  const columns = columnsOf(database, table);
  const column = columns[random.below(columns.length)] as string;
  const row = database
    .prepare(
      `SELECT _rowid_ AS rowid, ${quoted(column)} AS value FROM ${quoted(table)} ORDER BY _rowid_ LIMIT 1 OFFSET ?`,
    )
    .get(random.below(count)) as { rowid: bigint; value: unknown };
  return { table, column, ...row };
}

function change(database: Database.Database, { table, column, rowid }: Cell, value: unknown): string | undefined {
  const sql = `UPDATE ${quoted(table)} SET ${quoted(column)} = ? WHERE _rowid_ = ?`;
  if (database.prepare(sql).run(value, rowid).changes === 0) return undefined;
  return `${table}.${column} = ${shown(value)} in row ${rowid}`;
}

const STRANGE: readonly unknown[] = [
  null,
  -1n,
  0n,
  1n,
  2n ** 31n,
  2n ** 32n + 1n,
  2n ** 40n,
  2n ** 53n + 1n,
  2n ** 62n,
  -(2n ** 63n),
  0.5,
  1e300,
  Number.NEGATIVE_INFINITY,
  '',
  'x',
  'i64',
  'str:utf8',
  'adaptive_idx',
  Buffer.alloc(0),
  Buffer.from('894b012100000000564b', 'hex'),
  Buffer.concat([Buffer.from('894b012100000000564b', 'hex'), Buffer.alloc(28, 1)]),
  Buffer.alloc(100),
];

function otherValue(value: unknown, random: Random): unknown {
  if (typeof value === 'bigint' && random.oneIn(2)) {
    const near = [value + 1n, value - 1n, value * 2n, -value, value ^ (1n << BigInt(random.below(40)))];
    return BigInt.asIntN(64, near[random.below(near.length)] as bigint);
  }
  if (typeof value === 'string' && random.oneIn(2)) return garble(Buffer.from(value), random).toString('latin1');
  return STRANGE[random.below(STRANGE.length)];
}

function shown(value: unknown): string {
  if (Buffer.isBuffer(value))
    return `x'${value.toString('hex', 0, 24)}'${value.length > 24 ? `... (${value.length})` : ''}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
