/** The package has types, but its `exports` do not name them. */
declare module 'better-sqlite3-multiple-ciphers' {
  import BetterSqlite3 from 'better-sqlite3';

  class Database extends BetterSqlite3 {
    key(key: Buffer): number;
    rekey(key: Buffer): number;
  }
  export default Database;
}
