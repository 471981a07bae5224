import { type Platform, targetOf, thisPlatform } from '@kohakuvault/core-native/internal';
import { expect, test } from 'vitest';

const GLIBC_MAPS = '7f00-7f01 r-xp 00000000 08:01 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n';
const MUSL_MAPS = '7f00-7f01 r-xp 00000000 08:01 1 /lib/ld-musl-x86_64.so.1\n';

function on(platform: string, arch: string, maps?: string, glibc?: string): Platform {
  return { platform, arch, maps: () => maps, glibcVersion: () => glibc };
}

test.each([
  ['linux-x64-gnu', on('linux', 'x64', GLIBC_MAPS)],
  ['linux-arm64-musl', on('linux', 'arm64', MUSL_MAPS, '2.36')],
  ['linux-x64-gnu', on('linux', 'x64', undefined, '2.36')],
  ['linux-x64-musl', on('linux', 'x64', undefined, undefined)],
  ['linux-x64-musl', on('linux', 'x64', 'nothing that tells', undefined)],
  ['darwin-arm64', on('darwin', 'arm64')],
  ['darwin-x64', on('darwin', 'x64')],
  ['win32-x64-msvc', on('win32', 'x64')],
  ['win32-arm64-msvc', on('win32', 'arm64')],
  ['freebsd-x64', on('freebsd', 'x64')],
])('%s is chosen', (target, platform) => {
  expect(targetOf(platform)).toBe(target);
});

test('both ways to detect the C library agree on this machine', () => {
  expect(targetOf({ ...thisPlatform, maps: () => undefined })).toBe(targetOf());
});
