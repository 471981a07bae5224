import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../testing/src/temp.ts';
import { importCycles } from '../import-cycles.ts';

/** Writes the files of a repository into a folder of the test. */
function repository(files: Record<string, string>): string {
  const root = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('imports that lead down only are no cycle', () => {
  const root = repository({
    'packages/a/src/index.ts': "import { x } from './parts/x.ts';\nexport { y } from './y.ts';",
    'packages/a/src/y.ts': "import type { X } from './parts/x.ts';",
    'packages/a/src/parts/x.ts': "import { join } from 'node:path';",
  });
  expect(importCycles(root)).toEqual({ files: 3, folders: 2, cycles: [] });
});

test('a cycle of files is found, whatever kinds of imports it is made of', () => {
  const root = repository({
    'packages/a/src/one.ts': "import type { Two } from './two.ts';",
    'packages/a/src/two.ts': "export { type Three } from './three.ts';",
    'packages/a/src/three.ts': "export type Three = import('./four.ts').Four;",
    'packages/a/src/four.ts': "const one = await import('./one.ts');",
  });
  expect(importCycles(root).cycles).toEqual([
    'files: packages/a/src/four.ts -> packages/a/src/one.ts -> packages/a/src/two.ts -> packages/a/src/three.ts' +
      ' -> packages/a/src/four.ts',
  ]);
});

test('a loop of folders is found where no file is part of a cycle', () => {
  const root = repository({
    'tools/a/src/main.ts': "import './parts/x.ts';",
    'tools/a/src/options.ts': '',
    'tools/a/src/parts/x.ts': "import '../options.ts';",
  });
  expect(importCycles(root).cycles).toEqual([
    [
      'folders: tools/a/src -> tools/a/src/parts -> tools/a/src',
      '  tools/a/src/main.ts imports tools/a/src/parts/x.ts',
      '  tools/a/src/parts/x.ts imports tools/a/src/options.ts',
    ].join('\n'),
  ]);
});

test('a cycle of packages is found through the entries of their manifests', () => {
  const manifest = (name: string) =>
    JSON.stringify({ name, exports: { './inner': { '@kohakuvault/source': './src/index.ts' } } });
  const root = repository({
    'packages/a/package.json': manifest('@scope/a'),
    'packages/a/src/index.ts': "import '@scope/b/inner';",
    'packages/b/package.json': manifest('@scope/b'),
    'packages/b/src/index.ts': "import '@scope/a/inner';",
  });
  expect(importCycles(root).cycles).toHaveLength(2);
});

test('what stands in comments, strings and tests is not an import', () => {
  const root = repository({
    'packages/a/src/one.ts': "// import './two.ts';\nconst text = \"from './two.ts'\";",
    'packages/a/src/two.ts': "import './one.ts';",
    'packages/a/test/one.test.ts': "import '../src/one.ts';",
  });
  expect(importCycles(root)).toEqual({ files: 2, folders: 1, cycles: [] });
});

test('cycles of Rust modules and loops of their folders are found', () => {
  const source = 'packages/core-native/src';
  const root = repository({
    [`${source}/lib.rs`]: 'mod js;\nmod kept;\nmod registry;',
    [`${source}/kept.rs`]: 'use crate::registry::Handle;\npub struct Kept;',
    [`${source}/registry.rs`]: 'use crate::{js::{args::Args}, kept};\npub struct Handle;',
    [`${source}/js/mod.rs`]: 'pub mod args;',
    [`${source}/js/args.rs`]: '// crate::registry\npub struct Args(crate::kept::Kept);',
  });
  expect(importCycles(root).cycles).toEqual([
    `files: ${source}/kept.rs -> ${source}/registry.rs -> ${source}/kept.rs`,
    [
      `folders: ${source} -> ${source}/js -> ${source}`,
      `  ${source}/registry.rs imports ${source}/js/args.rs`,
      `  ${source}/js/args.rs imports ${source}/kept.rs`,
    ].join('\n'),
  ]);
});
