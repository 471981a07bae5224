import { openDatabase, type TransactionParticipant } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

/** A connection on a Database of the user's, and a log of what a participant hears. */
function vault() {
  const database = new Database(':memory:');
  database.exec(
    'CREATE TABLE theirs (x UNIQUE); CREATE TABLE strict (x REFERENCES theirs (x) DEFERRABLE INITIALLY DEFERRED)',
  );
  const connection = openDatabase(database);
  const { shared } = connection;
  const log: string[] = [];
  const participant: TransactionParticipant = {
    begin: (depth) => log.push(`begin ${depth}`),
    commit: (depth) => log.push(`commit ${depth}`),
    rollback: (depth) => log.push(`rollback ${depth}`),
  };
  shared.levels.join(participant);
  return {
    database,
    connection,
    participant,
    /** As something in memory does before it changes. */
    follow: () => shared.follow(),
    heard(): string[] {
      shared.levels.catchUp();
      return log.splice(0);
    },
    [Symbol.dispose]: () => database.close(),
  };
}

describe('what follows the transactions of a connection', () => {
  test('hears of every level of ours', () => {
    using v = vault();
    v.connection.transaction(() => {
      v.connection.transaction(() => v.follow());
      expect(() =>
        v.connection.transaction(() => {
          v.follow();
          throw new Error('inner');
        }),
      ).toThrow();
      expect(v.heard()).toEqual(['begin 1', 'begin 2', 'commit 2', 'begin 2', 'rollback 2', 'begin 2', 'commit 2']);
    });
    expect(v.heard()).toEqual(['commit 1']);
  });

  test('hears nothing of a savepoint in which nothing changed', () => {
    using v = vault();
    v.connection.transaction(() => {
      v.connection.transaction(() => undefined);
      v.database.exec('SAVEPOINT theirs; INSERT INTO theirs VALUES (1); ROLLBACK TO theirs; RELEASE theirs');
    });
    expect(v.heard()).toEqual(['begin 1', 'commit 1']);
  });

  test("hears of the user's from its first change on", () => {
    using v = vault();
    v.database.exec('BEGIN; SAVEPOINT a; SAVEPOINT b');
    expect(v.heard()).toEqual([]);
    expect(v.follow()).toBe(true);
    expect(v.heard()).toEqual(['begin 1', 'begin 2', 'begin 3']);
    v.database.exec('ROLLBACK TO b');
    expect(v.heard()).toEqual(['rollback 3', 'begin 3']);
    v.database.exec('ROLLBACK TO a');
    expect(v.heard()).toEqual(['rollback 3', 'rollback 2', 'begin 2']);
    v.database.exec('RELEASE a');
    expect(v.heard()).toEqual(['commit 2']);
    v.database.exec('SAVEPOINT c; SAVEPOINT d; RELEASE d; ROLLBACK TO c; COMMIT');
    expect(v.heard()).toEqual(['commit 1']);
  });

  test('a released savepoint goes with the savepoint around it', () => {
    using v = vault();
    v.database.exec('SAVEPOINT outer; SAVEPOINT inner');
    v.follow();
    expect(v.heard()).toEqual(['begin 1', 'begin 2']);
    v.database.exec('RELEASE inner');
    expect(v.heard()).toEqual(['commit 2']);
    v.database.exec('ROLLBACK TO outer');
    expect(v.heard()).toEqual(['rollback 1', 'begin 1']);
    v.database.exec('RELEASE outer');
    expect(v.heard()).toEqual(['commit 1']);
  });

  test('hears of no transaction where none is open', () => {
    using v = vault();
    expect(v.follow()).toBe(false);
    v.database.exec('INSERT INTO theirs VALUES (1)');
    expect(v.follow()).toBe(false);
    v.database.exec('BEGIN');
    expect(v.follow()).toBe(true);
    v.database.exec('ROLLBACK');
    expect(v.heard()).toEqual(['begin 1', 'rollback 1']);
    expect(v.follow()).toBe(false);
  });

  test('hears of a statement that fails, and of one that takes the transaction along', () => {
    using v = vault();
    v.database.exec('INSERT INTO theirs VALUES (1); BEGIN');
    v.follow();
    expect(() => v.database.exec('INSERT INTO theirs VALUES (2), (1)')).toThrow('UNIQUE');
    expect(v.heard()).toEqual(['begin 1']);
    expect(() => v.database.exec('INSERT OR ROLLBACK INTO theirs VALUES (1)')).toThrow('UNIQUE');
    expect(v.heard()).toEqual(['rollback 1']);
  });

  test('a commit that fails leaves the transaction as it is', () => {
    using v = vault();
    v.database.exec('BEGIN');
    v.follow();
    v.database.exec('INSERT INTO strict VALUES (7)');
    expect(() => v.database.exec('COMMIT')).toThrow('FOREIGN KEY');
    expect(v.heard()).toEqual(['begin 1']);
    v.database.exec('ROLLBACK');
    expect(v.heard()).toEqual(['rollback 1']);
  });

  test('DDL and its rollback, and db.transaction in db.transaction, are heard of as everything else', () => {
    using v = vault();
    v.database.exec('BEGIN; CREATE TABLE made (x)');
    v.follow();
    v.database.exec('DROP TABLE made; CREATE TABLE other (x); ROLLBACK');
    expect(v.heard()).toEqual(['begin 1', 'rollback 1']);
    const inner = v.database.transaction(() => {
      v.follow();
      throw new Error('theirs');
    });
    v.database.transaction(() => expect(inner).toThrow('theirs'))();
    expect(v.heard()).toEqual(['begin 1', 'begin 2', 'rollback 2', 'begin 2', 'commit 2', 'commit 1']);
  });

  test('one that comes later hears of the levels that are open', () => {
    using v = vault();
    const late: string[] = [];
    v.connection.transaction(() => {
      v.connection.shared.levels.join({
        begin: (depth) => late.push(`begin ${depth}`),
        commit: (depth) => late.push(`commit ${depth}`),
      });
    });
    v.heard();
    expect(late).toEqual(['begin 1', 'commit 1']);
  });

  test('a transaction that the body ends, or exchanges for another, is told', () => {
    using v = vault();
    const ended = 'the transaction was ended inside its body';
    expect(() => v.connection.transaction(() => v.database.exec('COMMIT'))).toThrow(ended);
    expect(() => v.connection.transaction(() => v.database.exec('ROLLBACK; BEGIN'))).toThrow(ended);
    expect(v.database.inTransaction).toBe(false);
    v.database.exec('BEGIN; SAVEPOINT around');
    expect(() => v.connection.transaction(() => v.database.exec('ROLLBACK TO around'))).toThrow(ended);
    expect(() => v.connection.transaction(() => v.database.exec('RELEASE around; SAVEPOINT around'))).toThrow(ended);
    expect(v.database.inTransaction).toBe(true);
    v.database.exec('COMMIT');
    expect(v.connection.transaction(() => 'usable')).toBe('usable');
  });

  test('closing the Database inside a transaction rolls it back first', () => {
    const v = vault();
    v.database.exec('BEGIN');
    v.follow();
    v.database.close();
    expect(v.database.open).toBe(false);
  });
});
