import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CorruptData,
  DatabaseBusy,
  detailOf,
  errorOf,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
  withDetail,
} from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';

const root = join(import.meta.dirname, '../../..');
const source = readFileSync(join(root, 'packages/core-native/ts/errors/errors.ts'), 'utf8');
const codes = [...new Set(source.match(/KV_[A-Z_]+/g))];

describe('errors', () => {
  test.each([
    [NotFound, 'KV_NOT_FOUND'],
    [DatabaseBusy, 'KV_BUSY'],
    [InvalidArgument, 'KV_INVALID_ARGUMENT'],
    [IoError, 'KV_IO'],
    [CorruptData, 'KV_CORRUPT'],
  ])('%o carries its code, name and cause', (Class, code) => {
    const cause = new Error('below');
    const error = new Class('said', { cause });
    expect(error).toBeInstanceOf(KohakuVaultError);
    expect(error).toMatchObject({ code, name: Class.name, message: 'said', cause });
    expect(errorOf(code as never, 'said')).toBeInstanceOf(Class);
  });

  test('an error without a cause has none', () => {
    expect('cause' in new NotFound('nothing')).toBe(false);
    expect(new KohakuVaultError('plain').code).toBe('KV_ERROR');
  });

  test('docs/errors.md lists every code, and no other', () => {
    const [errors = '', warnings = ''] = readFileSync(join(root, 'docs/errors.md'), 'utf8').split('## Warnings');
    const documented = (text: string) =>
      (text.match(/^\| `KV_[A-Z_]+`/gm) ?? []).map((cell) => cell.slice(3, -1)).sort();
    expect(documented(errors)).toEqual(codes.sort());
    const source = readFileSync(join(root, 'packages/core-native/ts/errors/warnings.ts'), 'utf8');
    expect(documented(warnings)).toEqual((source.match(/(?<=[|=] ')KV_[A-Z_]+/g) ?? []).sort());
  });

  test('the core raises no code that the classes do not know', () => {
    const rust = readFileSync(join(root, 'packages/core-native/crates/core/src/error.rs'), 'utf8');
    const raised = [...new Set(rust.match(/KV_[A-Z]+[A-Z_]*/g))].filter((code) => code !== 'KV_');
    expect(codes).toEqual(expect.arrayContaining(raised));
  });
});

describe('the detail of an error', () => {
  test.each([
    ['SELECT 1 FROM absent', 'no-such-table'],
    ['SELECT absent FROM t', 'no-such-column'],
    ['RELEASE absent', 'no-such-savepoint'],
    ['not SQL', undefined],
  ])('%s: %s, from the core and from better-sqlite3', (sql, detail) => {
    using connection = openDatabase(':memory:');
    connection.write(() => connection.statement('CREATE TABLE t (a)').run());
    expect(detailOf(thrownBy(() => connection.read(() => connection.query(sql).get())))).toBe(detail);
    expect(detailOf(thrownBy(() => connection.write(() => connection.statement(sql).run())))).toBe(detail);
  });

  test('users do not see it, and an error that wraps another keeps it only on request', () => {
    const inner = withDetail(new CorruptData('inner'), 'no-bytes');
    expect(Reflect.ownKeys(inner)).toEqual(Reflect.ownKeys(new CorruptData('inner')));
    const outer = new CorruptData('outer', { cause: inner });
    expect(detailOf(outer)).toBeUndefined();
    expect(detailOf(withDetail(outer, detailOf(inner)))).toBe('no-bytes');
  });
});
