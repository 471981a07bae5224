// The linters of others: publint for manifests, are-the-types-wrong for TypeScript's resolution.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { PackedPackage } from './pack.ts';
import type { Complaints, Report } from './report.ts';
import { runNode } from './run.ts';

const require = createRequire(import.meta.url);
const ATTW = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js');

export function lintManifest(report: Report, packed: PackedPackage): void {
  report.check(`${packed.manifest.name}: publint`, () => runPublint(packed));
}

/** Lints the types of libraries only: the platform packages hold a binary and promise no types. */
export function lintTypes(report: Report, { manifest, tarball }: PackedPackage): void {
  report.succeeds(`${manifest.name}: are the types wrong`, () =>
    runNode(
      [
        ATTW,
        tarball,
        // Leaves out TypeScript's old `node10` resolution. It ignores `exports`, and so finds no entry of a package
        // that has nothing else. We promise node16 (and nodenext) and bundler; every Node that we support knows
        // `exports`.
        '--profile=node16',
        // The declarations are in the tarball: no others need to be looked up.
        '--no-definitely-typed',
        '--format=ascii',
        '--no-emoji',
        '--no-color',
      ],
      dirname(tarball),
    ),
  );
}

async function runPublint({ tarball }: PackedPackage): Promise<Complaints> {
  const { messages, pkg } = await publint({
    pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer },
    level: 'warning',
    strict: true,
  });
  return messages.map((message) => `${message.code}: ${formatMessage(message, pkg, { color: false })}`);
}
