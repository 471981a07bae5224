// Runs the tests of all packages, and those of this tool, on every runtime, with the packages as users get them.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entryOf, wholeNumber } from '../../testing/src/arguments.ts';
import { type Consumer, makeTestedConsumer } from './consumer.ts';
import { measureDelays } from './delays.ts';
import { failuresOf } from './differences.ts';
import { fetchRuntime } from './fetch.ts';
import { type FileResult, type Results, readResults, writeResults } from './results.ts';
import { runTests } from './run-tests.ts';
import { RUNTIMES } from './runtimes.ts';
import { writeTables } from './tables.ts';

const { values: given } = parseArgs({
  options: {
    runtime: { type: 'string', multiple: true },
    file: { type: 'string', multiple: true, default: [''] },
    large: { type: 'boolean', default: false },
    terminations: { type: 'string', default: '1000' },
    cache: { type: 'string', default: join(import.meta.dirname, '../../../node_modules/.cache/runtimes') },
  },
});

const byId = new Map(RUNTIMES.map((runtime) => [runtime.id, runtime]));
const chosen = given.runtime?.map((id) => entryOf('runtime', id, byId)) ?? RUNTIMES;
const terminations = wholeNumber('terminations', given.terminations);
const env = { KOHAKUVAULT_TERMINATIONS: String(terminations), ...(given.large ? { KOHAKUVAULT_LARGE: '1' } : {}) };

const consumer = await makeTestedConsumer();
process.on('exit', () => consumer.remove());
const { version: betterSqlite3 } = createRequire(join(consumer.folder, 'package.json'))('better-sqlite3/package.json');
const files = testFilesOf(consumer);
const some = files.filter((file) => given.file.some((word) => file.includes(word)));
let failed = 0;

for (const runtime of chosen) {
  const fetched = await fetchRuntime(runtime, given.cache);
  console.log(`\n=== ${runtime.title} ${fetched.version}`);
  const run = { runtime: fetched, folder: consumer.folder, files: some, env, onResult: print };
  const results = await runTests(run);
  // A run of some files replaces their results, and keeps the others.
  const before = readResults(runtime.id);
  const includes = (name: string) => some.some((file) => file.endsWith(name));
  const all = { ...(some.length < files.length ? before?.files : undefined), ...results };
  const written: Results = {
    runtime: runtime.title,
    version: fetched.version,
    platform: `${process.platform}-${process.arch}`,
    betterSqlite3,
    terminations: includes('terminations.test.ts') ? terminations : (before?.terminations ?? 0),
    large: includes('large-values.test.ts') ? given.large : (before?.large ?? false),
    files: Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1))),
    delays: (some.length < files.length && before?.delays) || (await measureDelays(fetched, consumer.folder)),
  };
  writeResults(runtime.id, written);
  failed += failuresOf(runtime.id, written).filter(({ difference }) => difference === undefined).length;
}
writeTables();
console.log(`\n${failed} failures that src/differences.ts does not explain`);
process.exitCode = failed === 0 ? 0 : 1;

function testFilesOf({ folder, tested }: Consumer): string[] {
  return tested
    .flatMap((below) =>
      readdirSync(join(folder, below), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `${below}/${name.replaceAll('\\', '/')}`),
    )
    .sort();
}

function print(file: string, { passed, failed }: FileResult): void {
  const failures = Object.entries(failed);
  console.log(`${failures.length === 0 ? 'ok    ' : 'FAILED'} ${file}: ${passed} passed`);
  for (const [name, why] of failures) console.log(`    ${name}\n        ${why.replaceAll('\n', '\n        ')}`);
}
