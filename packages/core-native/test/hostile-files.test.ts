import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile, tempFolder } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';
import { Peer, runScript } from './support/processes.ts';

/** An undamaged database of some size. */
function soundFile(): string {
  const file = tempFile();
  const connection = openDatabase(file);
  mediaTable(connection, 400_000);
  connection.close();
  return file;
}

describe.each([{ readonly: false }, { readonly: true }])('opened with %j', (options) => {
  test.each<[string, Buffer]>([
    ['text', Buffer.from('Dear diary, today I was no database.\n'.repeat(200))],
    ['a short text', Buffer.from('hello')],
    ['random bytes', Buffer.from(Array.from({ length: 8_192 }, (_, i) => (i * 7919) % 256))],
    ['a header without the rest', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(200, 0xff)])],
  ])('%s is KV_CORRUPT, and the file untouched', (_, content) => {
    const file = tempFile();
    writeFileSync(file, content);
    expect(codeOf(() => openDatabase(file, options))).toBe('KV_CORRUPT');
    expect(readFileSync(file)).toEqual(content);
  });

  test.each([0.5, 0.9, 0.01])('a file cut to %d of its length is KV_CORRUPT, and untouched', (part) => {
    const file = soundFile();
    const whole = readFileSync(file);
    const cut = whole.subarray(0, Math.floor(whole.length * part));
    writeFileSync(file, cut);
    expect(codeOf(() => openDatabase(file, options))).toBe('KV_CORRUPT');
    expect(readFileSync(file)).toEqual(cut);
  });

  test('a directory is KV_IO', () => {
    expect(codeOf(() => openDatabase(tempFolder(), options))).toBe('KV_IO');
  });
});

test('a path through a file is KV_IO', () => {
  const file = soundFile();
  expect(codeOf(() => openDatabase(join(file, 'below.db')))).toBe('KV_IO');
});

test('a missing file opened readonly is KV_IO, and is not created', () => {
  const folder = tempFolder();
  expect(codeOf(() => openDatabase(join(folder, 'none.db'), { readonly: true }))).toBe('KV_IO');
  expect(codeOf(() => openDatabase(join(folder, 'no/folder.db'), { readonly: true }))).toBe('KV_IO');
  mkdirSync(join(folder, 'no'));
});

test('without permission: typed errors, and the file untouched', async () => {
  expect(await runScript('no-permission.ts', [tempFolder()])).toContain('refused');
});

test('a damaged page is KV_CORRUPT when it is read; the rest stays readable', () => {
  const file = tempFile();
  const connection = openDatabase(file, { pageSize: 4_096 });
  mediaTable(connection, 100_000);
  connection.database.exec('CREATE TABLE other (x); INSERT INTO other VALUES (1)');
  const root = connection.database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'media'").pluck().get();
  connection.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, (Number(root) - 1) * 4_096, Number(root) * 4_096);
  writeFileSync(file, bytes);
  using damaged = openDatabase(file);
  const site = damaged.blobs({ table: 'media', column: 'content', key: 'name' });
  expect(codeOf(() => site.size('film'))).toBe('KV_CORRUPT');
  expect(damaged.database.prepare('SELECT x FROM other').pluck().get()).toBe(1);
});

describe('a file another process has locked', () => {
  test('is KV_BUSY after a wait that is bounded', async () => {
    const file = soundFile();
    const peer = new Peer('peer-writes.ts', [file]);
    await peer.ask('lock');
    using connection = openDatabase(file, { busyTimeout: 100 });
    const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });
    expect(codeOf(() => site.write('film', Buffer.from('x')))).toBe('KV_BUSY');
    expect(codeOf(() => connection.transaction(() => undefined))).toBe('KV_BUSY');
    expect(site.size('film')).toBe(400_000);
    await peer.ask('unlock');
    expect(site.write('film', Buffer.from('x'))).toBe(1);
  });

  test('can be opened after the lock ends', async () => {
    const file = soundFile();
    const peer = new Peer('peer-writes.ts', [file]);
    await peer.ask('lock');
    using connection = openDatabase(file, { busyTimeout: 60_000 });
    await peer.ask('unlock soon');
    expect(connection.transaction(() => 'done')).toBe('done');
  });

  test('with an exclusive lock cannot be opened, and does not change', () => {
    const file = soundFile();
    const other = new Database(file);
    other.pragma('locking_mode = EXCLUSIVE');
    other.exec('BEGIN EXCLUSIVE; COMMIT');
    expect(codeOf(() => openDatabase(file, { busyTimeout: 20 }))).toBe('KV_BUSY');
    other.close();
    openDatabase(file).close();
  });
});
