import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_ID, nativeCore } from '@kohakuvault/core-native/internal';
import { expect, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';
import { runScript } from './support/processes.ts';

test('the binary says which build it belongs to, and it is that of the JavaScript', () => {
  expect(nativeCore().binding.buildId()).toBe(BUILD_ID);
  expect(BUILD_ID).toMatch(/^\d+\.\d+\.\d+\S*\+[\da-f]{16}$/);
});

test('a binary of another build is refused, with both builds and what to do', async () => {
  const other = BUILD_ID.replace(/\+.*/, '+0123456789abcdef');
  const bytes = readFileSync(nativeCore().file);
  const at = bytes.indexOf(BUILD_ID);
  expect(at).toBeGreaterThan(0);
  bytes.write(other, at, 'latin1');
  const file = join(tempFolder(), 'other.node');
  writeFileSync(file, bytes);
  const said = await runScript('loads-core.ts', [], { KOHAKUVAULT_NATIVE: file });
  expect(said).toMatch(/^KV_NATIVE_MISSING: /);
  expect(said).toContain(
    `${file} (KOHAKUVAULT_NATIVE) is ${other}, but @kohakuvault/core-native is ${BUILD_ID}: reinstall`,
  );
});

test('a copy of the binary is the same build', async () => {
  const file = join(tempFolder(), 'copy.node');
  writeFileSync(file, readFileSync(nativeCore().file));
  expect(await runScript('loads-core.ts', [], { KOHAKUVAULT_NATIVE: file })).toBe(`loaded ${BUILD_ID}`);
});

test('a binary that is not there is refused, with the variable that names it and what to do', async () => {
  const file = join(tempFolder(), 'nowhere.node');
  expect(await runScript('loads-core.ts', [], { KOHAKUVAULT_NATIVE: file })).toBe(
    `KV_NATIVE_MISSING: KOHAKUVAULT_NATIVE is ${file}, but there is no such file: correct the variable, or unset it ` +
      'to use the installed core',
  );
});

test('a file that is not a library is refused, with the words of the system and what to do', async () => {
  const file = join(tempFolder(), 'text.node');
  writeFileSync(file, 'not a library');
  const said = await runScript('loads-core.ts', [], { KOHAKUVAULT_NATIVE: file });
  expect(said).toContain(`KV_NATIVE_MISSING: the native core was found at ${file} (KOHAKUVAULT_NATIVE) but the system`);
  expect(said).toMatch(/Reinstall on the platform the program runs on, or build the core again$/);
});

test('the library knows the file that it was loaded from', () => {
  const { binding, file } = nativeCore();
  expect(binding.libraryFile()).toBe(file);
});
