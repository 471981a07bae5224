import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { type Manifest, readManifest } from './manifest.ts';
import { run } from './run.ts';
import type { WorkspacePackage } from './workspace.ts';

export interface PackedPackage {
  readonly source: WorkspacePackage;
  readonly tarball: string;
  /** The manifest as it is in the tarball. */
  readonly manifest: Manifest;
  /** Every file in the tarball, with `/` between the parts of its path. */
  readonly files: readonly string[];
  /** The text of its README.md; empty if there is none. */
  readonly readme: string;
}

/** Packs the packages as they would be published, and unpacks the tarballs to look into them. */
export async function pack(
  packages: readonly WorkspacePackage[],
  root: string,
  folder: string,
): Promise<PackedPackage[]> {
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  const [command = '', ...words] = pnpm();
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  await run(command, [...words, ...filters, 'pack', '--pack-destination', tarballs], root);
  return Promise.all(packages.map((source) => unpack(source, tarballs)));
}

/** Returns the pnpm command: inside a pnpm script the pnpm that runs it, so that no other is fetched. */
function pnpm(): string[] {
  const running = process.env.npm_execpath;
  if (running === undefined || !basename(running).startsWith('pnpm')) return ['npx', '-y', 'pnpm@12'];
  return /\.[cm]?js$/.test(running) ? [process.execPath, running] : [running];
}

async function unpack(source: WorkspacePackage, tarballs: string): Promise<PackedPackage> {
  const { name, version } = source.manifest;
  const stem = `${name.replace(/^@/, '').replace('/', '-')}-${version}`;
  const unpacked = join(tarballs, stem);
  mkdirSync(unpacked);
  // Relative paths: some versions of tar take the colon of a Windows path as the end of a host's name.
  await run('tar', ['-xzf', `../${stem}.tgz`], unpacked);
  const content = join(unpacked, 'package');
  const page = join(content, 'README.md');
  const readme = existsSync(page) ? readFileSync(page, 'utf8') : '';
  return { source, tarball: `${unpacked}.tgz`, manifest: readManifest(content), files: filesIn(content), readme };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path).split(sep).join('/'))
    .sort();
}
