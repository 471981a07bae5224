import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readManifest } from './manifest.ts';
import type { PackedPackage } from './pack.ts';
import { run } from './run.ts';
import type { WorkspacePackage } from './workspace.ts';

const require = createRequire(import.meta.url);
const PROGRAMS = join(import.meta.dirname, '../consumer');

/** The platform packages from which a consumer's npm may choose: the packed one, and folders in place of the others. */
export interface PlatformChoice {
  readonly packed: PackedPackage;
  readonly others: readonly WorkspacePackage[];
}

export interface ConsumerSetup {
  readonly folder: string;
  readonly libraries: readonly PackedPackage[];
  readonly platform: PlatformChoice;
  /** The packages that the consumer installs from the registry, in the versions that pack-check has. */
  readonly registry: readonly string[];
  /** Other packages of the registry, with their versions. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** Creates a project outside the workspace, with the tarballs installed by npm and the programs of `consumer/`. */
export async function makeConsumer({ folder, libraries, platform, registry, versions }: ConsumerSetup): Promise<void> {
  mkdirSync(folder);
  const manifest = {
    private: true,
    dependencies: {
      ...Object.fromEntries(libraries.map((library) => [library.manifest.name, url(library.tarball)])),
      ...Object.fromEntries(registry.map((name) => [name, versionHere(name)])),
      ...versions,
    },
    // The core depends on its platform packages by version, and these versions are not published yet.
    overrides: {
      [platform.packed.manifest.name]: url(platform.packed.tarball),
      ...Object.fromEntries(platform.others.map((other) => [other.manifest.name, url(other.folder)])),
    },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', ...quiet], folder);
  cpSync(PROGRAMS, folder, { recursive: true });
}

/** Returns the folder of a package in a consumer. */
export function installed(folder: string, name: string): string {
  return join(folder, 'node_modules', ...name.split('/'));
}

/** Copies a consumer, so that a check can break the copy. */
export function copyConsumer(folder: string, copy: string): string {
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** Returns the version of a package in the workspace, so that consumers use what the workspace was tested with. */
function versionHere(name: string): string {
  return readManifest(dirname(require.resolve(`${name}/package.json`))).version;
}

function url(path: string): string {
  return `file:${path}`;
}
