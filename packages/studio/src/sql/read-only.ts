import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';

/** The words that statements which only read begin with. */
const READING = ['SELECT', 'WITH', 'VALUES', 'EXPLAIN'];
const MOST = 100_000;

/**
 * Refuses a statement that begins with another word. SQLite says of ATTACH, DETACH, BEGIN and some pragmas that they
 * write nothing, but they change the connection, or open other files.
 */
export function checkReading(sql: string): void {
  if (sql.length > MOST)
    throw new InvalidArgument(`the statement has ${sql.length} characters; at most ${MOST} are accepted`);
  const word = firstWord(sql).toUpperCase();
  if (READING.includes(word)) return;
  if (word === '') throw new InvalidArgument('there is no statement; write SELECT …');
  throw new KohakuVaultError(
    `the Studio runs statements that only read, and ${word.slice(0, 40)} is none; write SELECT, WITH, VALUES or EXPLAIN. ` +
      (word === 'PRAGMA'
        ? 'Pragmas that read are tables: SELECT * FROM pragma_table_info(…)'
        : 'To change values, start it with --write and edit them'),
    { code: 'KV_READONLY' },
  );
}

/** Returns the first word of a statement, behind white space and comments. */
export function firstWord(sql: string): string {
  const behind = sql.replace(/^(?:\s|\ufeff|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/, '');
  return /^[a-z_]\w*/i.exec(behind)?.[0] ?? behind.slice(0, 1);
}
