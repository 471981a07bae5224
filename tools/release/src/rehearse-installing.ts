import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { pack } from '../../pack-check/src/pack.ts';
import type { Report } from '../../pack-check/src/report.ts';
import { run, runNode } from '../../pack-check/src/run.ts';
import { readWorkspace } from '../../pack-check/src/workspace.ts';
import { LocalRegistry } from './local-registry.ts';

/** The Node versions of users; the project's own is among them. */
const NODES = ['22', '24'];

/** Publishes the packed packages to a registry on this machine, and uses them from fresh folders. */
export async function rehearseInstalling(report: Report, root: string, folder: string): Promise<void> {
  const { libraries, adapters, notBuilt, platforms } = readWorkspace(root);
  for (const { manifest } of notBuilt) report.note(`not built yet: ${manifest.name}`);
  // Only this machine's binary exists; the other platform packages are published without one, so that npm finds them.
  const packed = await pack([...platforms, ...libraries, ...adapters], root, folder);
  await using registry = await LocalRegistry.start(join(folder, 'registry'));
  const registered = ['--registry', registry.url, '--userconfig', registry.npmrc];
  const publish = [join(import.meta.dirname, 'publish.ts'), join(folder, 'tarballs'), ...registered];

  // Everything below needs the packages that are published here.
  const said = await runNode(publish, root).catch((error: Error) => error);
  report.check(`a registry receives all ${packed.length} packages, platform packages first`, () => {
    if (said instanceof Error) throw said;
    // npm prints other things too, such as warnings about the user's settings.
    const order = said.split('\n').filter((line) => line.endsWith(' published'));
    const core = order.findIndex((line) => line.startsWith('@kohakuvault/core-native@'));
    const first = order.slice(0, core).every((line) => line.startsWith('@kohakuvault/core-native-'));
    return order.length === packed.length && first && core === platforms.length ? [] : order;
  });
  report.check('publishing again goes on where it stopped', async () => {
    const again = await runNode(publish, root);
    return again
      .trim()
      .split('\n')
      .every((line) => line.endsWith('is there already'))
      ? []
      : [again];
  });

  for (const [name, ...more] of [
    ['kohakuvault', 'better-sqlite3'],
    ['@kohakuvault/packer'],
    ['@kohakuvault/ordered'],
  ] as const) {
    const fresh = join(folder, name.replaceAll('/', '-'));
    mkdirSync(fresh);
    writeFileSync(join(fresh, 'package.json'), '{ "private": true, "type": "module" }');
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', name, ...more, ...registered], fresh);
    } catch (error) {
      report.check(`${name} installs into a fresh folder`, () => Promise.reject(error));
      continue;
    }
    const readme =
      name === 'kohakuvault'
        ? join(root, 'README.md')
        : join(root, 'packages', name.split('/')[1] as string, 'README.md');
    writeFileSync(join(fresh, 'example.js'), exampleIn(readme));
    for (const node of NODES) {
      report.succeeds(`${name} from the registry runs the example of its README on Node ${node}`, () =>
        run('npx', ['-y', '-p', `node@${node}`, 'node', 'example.js'], fresh),
      );
    }
  }
  await report.finish();
}

/** Returns the first example of a README, compiled as a TypeScript user would: Node 22 does not know `using`. */
function exampleIn(readme: string): string {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, 'utf8')) ?? [];
  if (!code) throw new Error(`${readme} has no example`);
  return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    .outputText;
}
