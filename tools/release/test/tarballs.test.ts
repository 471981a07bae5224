import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTarballs } from '../src/tarballs.ts';

/** Creates a folder with a tarball for each package, as `pnpm pack` makes them. */
function packed(packages: { name: string; needs?: string[]; wants?: string[]; binary?: number }[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const { name, needs = [], wants = [], binary } of packages) {
    const content = join(folder, name, 'package');
    mkdirSync(content, { recursive: true });
    const all = (names: string[]) => Object.fromEntries(names.map((other) => [other, '1.0.0']));
    const manifest = { name, version: '1.0.0', dependencies: all(needs), optionalDependencies: all(wants) };
    writeFileSync(join(content, 'package.json'), JSON.stringify(manifest));
    if (binary !== undefined) writeFileSync(join(content, 'core.node'), Buffer.alloc(binary));
    execFileSync('tar', ['-czf', `../${name}.tgz`, 'package'], { cwd: join(folder, name) });
  }
  return folder;
}

test('packages are published after their dependencies, platform packages first', () => {
  const folder = packed([
    { name: 'all', needs: ['kvault', 'core'] },
    { name: 'core', wants: ['platform-b', 'platform-a'] },
    { name: 'kvault', needs: ['core', 'elsewhere'] },
    { name: 'platform-a' },
    { name: 'platform-b' },
  ]);
  const order = readTarballs(folder).map(({ manifest }) => manifest.name);
  expect(order).toEqual(['platform-b', 'platform-a', 'core', 'kvault', 'all']);
});

test('the binaries of a tarball are found, with their sizes', () => {
  const [tarball] = readTarballs(packed([{ name: 'platform', binary: 1234 }]));
  expect(tarball?.binaries).toEqual([{ name: 'package/core.node', bytes: 1234 }]);
});

test('packages that depend on each other are refused', () => {
  const folder = packed([
    { name: 'a', needs: ['b'] },
    { name: 'b', needs: ['a'] },
  ]);
  expect(() => readTarballs(folder)).toThrow('a > b > a');
});
