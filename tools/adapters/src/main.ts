// Tests the adapters beside their frameworks, with the suites that the frameworks publish: see README.md.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CONDITIONS } from '../../tasks/built.ts';
import { FRAMEWORKS, type Framework } from './frameworks.ts';
import { writePrograms } from './pages.ts';
import { makeProject } from './project.ts';
import { run } from './run.ts';

const require = createRequire(import.meta.url);
const TSC = require.resolve('typescript/bin/tsc');
const VITEST = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');

/** The workspace's own settings, for the programs that import the framework. */
const TYPES = {
  extends: './tsconfig.base.json',
  compilerOptions: { typeRoots: ['node_modules/@types'], lib: ['es2024', 'esnext.disposable', 'dom'] },
  include: ['packages/adapters/*/src', 'packages/adapters/*/test', 'fixtures', 'programs'],
};

/** The suites of some frameworks expect the functions of vitest to be global. */
const CONFIG = `const conditions = ['@kohakuvault/source', 'node', 'module'];
export default {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages/adapters/*/test,fixtures}/**/*.test.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@kohakuvault/source'],
    globals: true,
    testTimeout: 60_000,
  },
};
`;

const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isKept = process.argv.includes('--keep');
for (const name of asked) {
  if (FRAMEWORKS[name]) continue;
  console.error(`there is no framework ${name}; expected some of ${Object.keys(FRAMEWORKS).join(', ')}`);
  process.exit(2);
}

const home = process.env.KOHAKUVAULT_ADAPTERS ?? mkdtempSync(join(tmpdir(), 'kohakuvault-adapters-'));
if (!isKept) process.on('exit', () => rmSync(home, { recursive: true, force: true }));

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    await test(name, framework);
  } catch (error) {
    console.log(`FAILED ${name}\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function test(name: string, framework: Framework): Promise<void> {
  const folder = join(home, name);
  await makeProject(folder, name, framework);
  const programs = writePrograms(folder, framework.pages);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TYPES));
  await run(process.execPath, [TSC, '-p', '.'], folder);
  console.log(`ok     ${name}: the sources, the tests and the programs of the pages compile against its types`);

  if (existsSync(join(folder, 'fixtures')) || framework.adapters.some((each) => hasTests(folder, each))) {
    writeFileSync(join(folder, 'vitest.config.mjs'), CONFIG);
    const output = await run(process.execPath, [VITEST, 'run', '--root', folder], folder);
    console.log(`ok     ${name}: ${/Tests .*/.exec(plain(output))?.[0] ?? 'no tests'}`);
  }
  for (const program of programs) {
    const place = join(folder, 'runs', String(programs.indexOf(program)));
    mkdirSync(place, { recursive: true });
    await run(process.execPath, [...CONDITIONS, '--no-warnings', program], place);
  }
  if (programs.length > 0) console.log(`ok     ${name}: ${programs.length} programs of the pages run`);
}

function hasTests(folder: string, adapter: string): boolean {
  return existsSync(join(folder, 'packages/adapters', adapter, 'test'));
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colors of a terminal.
  return text.replaceAll(/\x1b\[[0-9;]*m/g, '');
}
