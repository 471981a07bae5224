// Which file systems cause a warning. The numbers are what `stat -f -c %t` prints on such file systems.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { isOnServer, sharedFileSystem, sharedFileSystemOf } from '../ts/database/file-system.ts';
import { runScript } from './support/processes.ts';

test.each([
  ['6969', 'NFS'],
  ['517b', 'SMB'],
  ['ff534d42', 'CIFS'],
  ['fe534d42', 'SMB2'],
  ['1021997', '9p'],
  ['65735546', 'FUSE'],
  ['c36400', 'Ceph'],
  ['bd00bd0', 'Lustre'],
  ['786f4256', 'vboxsf'],
  ['bacbacbc', 'vmhgfs'],
])('%s is %s', (type, name) => {
  expect(sharedFileSystem(Number.parseInt(type, 16))).toMatchObject({ name, why: expect.stringMatching(/^is /) });
});

test('a number with its sign is the same number', () => {
  expect(sharedFileSystem(0xff534d42 - 2 ** 32)?.name).toBe('CIFS');
});

test.each([
  ['ef53', 'ext4'],
  ['58465342', 'xfs'],
  ['9123683e', 'btrfs'],
  ['2fc12fc1', 'zfs'],
  ['f2f52010', 'f2fs'],
  ['794c7630', 'overlayfs'],
  ['1021994', 'tmpfs'],
  ['858458f6', 'ramfs'],
  ['0', 'Windows'],
  ['1a', 'apfs on macOS'],
])('%s (%s) causes no warning', (type) => {
  expect(sharedFileSystem(Number.parseInt(type, 16))).toBeUndefined();
});

test.each([
  ['\\\\server\\share\\vault.db', true],
  ['\\\\?\\UNC\\server\\share\\vault.db', true],
  ['\\\\?\\C:\\vault.db', false],
  ['\\\\.\\C:\\vault.db', false],
  ['C:\\vault.db', false],
])('on Windows, %s is on a server: %s', (path, expected) => {
  expect(isOnServer(path)).toBe(expected);
});

const FOLDERS = [tmpdir(), '/dev/shm', process.cwd()].filter((folder) => existsSync(folder));

test.each(FOLDERS)('%s is on a disk of this machine', (parent) => {
  const folder = mkdtempSync(join(parent, 'kohakuvault-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(sharedFileSystemOf(folder)).toBeUndefined();
});

test('a path that does not exist is not classified', () => {
  expect(sharedFileSystemOf(tempFile())).toBeUndefined();
});

describe.runIf(process.platform === 'linux')('a file in WAL mode', () => {
  const NFS = String(0x6969);

  test('on a network file system causes one warning', async () => {
    const file = tempFile();
    const [first, ...more] = (await runScript('opens-on.ts', [file, NFS])).trim().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(first ?? '')).toMatchObject({
      code: 'KV_NETWORK_FILE',
      message: expect.stringContaining(`${file} is in WAL mode on NFS`),
    });
  });

  test.each([
    ['a network file system, unless somebody asks for it', NFS, [0, 65_536, 0]],
    ['a local disk', String(0xef53), [expect.any(Number), 65_536, expect.any(Number)]],
  ])('on %s is mapped or not', async (_where, type, sizes) => {
    const mapped = JSON.parse(await runScript('maps-on.ts', [tempFile(), type])) as number[];
    expect(mapped).toEqual(sizes);
    if (type !== NFS) expect(mapped[0]).toBeGreaterThan(2 ** 30);
  });

  test.each([
    ['on a local disk', String(0xef53), {}],
    ['without WAL mode', NFS, { enableWal: false }],
    ['with networkWarning: false', NFS, { networkWarning: false }],
  ])('causes none %s', async (_when, type, options) => {
    expect(await runScript('opens-on.ts', [tempFile(), type, JSON.stringify(options)])).toBe('');
  });
});
