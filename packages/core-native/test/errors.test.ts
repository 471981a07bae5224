import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CorruptData,
  DatabaseBusy,
  errorOf,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native/internal';
import { describe, expect, test } from 'vitest';

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
    const documented = readFileSync(join(root, 'docs/errors.md'), 'utf8').match(/^\| `KV_[A-Z_]+`/gm) ?? [];
    expect(documented.map((cell) => cell.slice(3, -1)).sort()).toEqual(codes.sort());
  });

  test('the core raises no code that the classes do not know', () => {
    const rust = readFileSync(join(root, 'packages/core-native/crates/core/src/error.rs'), 'utf8');
    const raised = [...new Set(rust.match(/KV_[A-Z]+[A-Z_]*/g))].filter((code) => code !== 'KV_');
    expect(codes).toEqual(expect.arrayContaining(raised));
  });
});
