// Every TypeScript block of the documentation is a program: it compiles, and it runs in an empty folder.
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { CONDITIONS } from '../../tasks/built.ts';

const root = resolve(import.meta.dirname, '../../..');
// Beside the examples, so that programs find the packages as an example does.
const programs = join(root, 'examples', '.docs');
const run = promisify(execFile);

interface Block {
  name: string;
  code: string;
  file: string;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const file = join(programs, `${document.replaceAll(/[/.]/g, '-')}-${line}.ts`);
    return { name: `${document}:${line}`, code: match[1] ?? '', file };
  });
}

/** Pages whose frameworks are not installed here: `tools/adapters` runs their programs. */
const ELSEWHERE = ['langchain', 'mastra', 'ai-sdk'].flatMap((name) => [
  `docs/guides/adapters/${name}.md`,
  `packages/adapters/${name}/README.md`,
]);

const blocks = globSync(['*.md', 'docs/**/*.md', 'packages/{*,adapters/*}/README.md'], {
  cwd: root,
  exclude: ELSEWHERE,
})
  .sort()
  .flatMap(blocksOf);

rmSync(programs, { recursive: true, force: true });
mkdirSync(programs, { recursive: true });
for (const { file, code } of blocks) writeFileSync(file, `${code}\nexport {};\n`);
afterAll(() => rmSync(programs, { recursive: true, force: true }));

describe('the code blocks of the documentation', () => {
  test('there are some', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  test('compile', async () => {
    const config = join(programs, 'tsconfig.json');
    // Most of the work is for the imported packages. The build information of those is kept, outside the removed
    // folder.
    const tsBuildInfoFile = join(root, 'node_modules/.cache/tsc/docs-check.tsbuildinfo');
    const compilerOptions = { incremental: true, tsBuildInfoFile };
    writeFileSync(config, JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }));
    const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config]).catch(
      (failure: { stdout: string }) => failure,
    );
    expect(stdout).toBe('');
  });

  test.each(blocks)('$name runs', async ({ file }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-docs-'));
    try {
      await run(process.execPath, [...CONDITIONS, file], { cwd: folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
