// Whether other processes have the file of a connection open.
import { nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';
import { Peer } from './support/processes.ts';

const { binding } = nativeCore();

describe('hasFileAlone', () => {
  test.runIf(process.platform === 'linux')('tells whether another process has the file open', async () => {
    const path = tempFile();
    using connection = openDatabase(path);
    mediaTable(connection);
    expect(binding.hasFileAlone(connection.handle)).toBe(true);
    const peer = new Peer('peer-writes.ts', [path]);
    await peer.ask('ready');
    expect(binding.hasFileAlone(connection.handle)).toBe(false);
    await peer.kill();
    expect(binding.hasFileAlone(connection.handle)).toBe(true);
    // The question has cost the connection none of its locks, by which others know that it is there.
    const next = new Peer('peer-writes.ts', [path]);
    expect(await next.ask('truncate')).toMatchObject({ busy: 0 });
    await next.kill();
    expect(connection.blobs({ table: 'media', column: 'content', key: 'name' }).size('film')).toBe(1_000);
  });

  test('is false if nothing tells: in memory, and outside WAL mode', () => {
    for (const [path, options] of [
      [':memory:', {}],
      [tempFile(), { enableWal: false }],
    ] as const) {
      using connection = openDatabase(path, options);
      expect(binding.hasFileAlone(connection.handle)).toBe(false);
    }
  });

  test('refuses a connection that is closed', () => {
    const connection = openDatabase(tempFile());
    const { handle } = connection;
    connection.close();
    expect(codeOf(() => binding.hasFileAlone(handle))).toBe('KV_CLOSED');
  });
});
