import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { targetOf } from '../../../packages/core-native/ts/native/platform.ts';
import { type Manifest, readManifest } from './manifest.ts';

export interface WorkspacePackage {
  /** The last part of its folder, such as `core-native`. */
  readonly id: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface Workspace {
  /** The libraries that can be packed. */
  readonly libraries: WorkspacePackage[];
  /** The stores for frameworks. Their users have the framework, which is not installed here. */
  readonly adapters: WorkspacePackage[];
  /** The libraries that have no entry yet. */
  readonly notBuilt: WorkspacePackage[];
  /** The packages of the native core, by the platform. */
  readonly platforms: WorkspacePackage[];
  /** The platform package for this machine. */
  readonly platform: WorkspacePackage;
}

export function readWorkspace(root: string): Workspace {
  const libraries = packagesIn(join(root, 'packages'));
  const platforms = packagesIn(join(root, 'packages/core-native/npm'));
  const platform = platforms.find(({ id }) => id === targetOf());
  if (!platform) throw new Error(`packages/core-native/npm has no package for this machine, ${targetOf()}`);
  return {
    libraries: libraries.filter(({ manifest }) => manifest.exports),
    adapters: packagesIn(join(root, 'packages/adapters')),
    notBuilt: libraries.filter(({ manifest }) => !manifest.exports),
    platforms,
    platform,
  };
}

function packagesIn(parent: string): WorkspacePackage[] {
  return readdirSync(parent)
    .sort()
    .filter((id) => existsSync(join(parent, id, 'package.json')))
    .map((id) => ({ id, folder: join(parent, id), manifest: readManifest(join(parent, id)) }))
    .filter(({ manifest }) => !manifest.private);
}
