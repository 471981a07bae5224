import { checkRuntime } from '@kohakuvault/core-native/internal/database';
import { expect, test } from 'vitest';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';

test.each([
  ['12.11.1', 9],
  ['12.99.0', 10],
  ['13.0.0', 10],
  ['13.2.0', 11],
])('better-sqlite3 %s is loaded with Node-API %i', (version, nodeApi) => {
  expect(() => checkRuntime(version, nodeApi, 'v0')).not.toThrow();
});

test('better-sqlite3 13 is refused if it would end the process, with the version to install', () => {
  const error = thrownBy(() => checkRuntime('13.2.0', 9, 'v20.20.2'));
  expect(error.code).toBe('KV_RUNTIME_UNSUPPORTED');
  expect(error.message).toContain('npm install better-sqlite3@12');
});

test.each(['11.10.0', '12.10.1', '14.0.0', 'garbage'])('better-sqlite3 %s is outside the range', (version) => {
  expect(codeOf(() => checkRuntime(version, 10, 'v24'))).toBe('KV_RUNTIME_UNSUPPORTED');
});
