// node tools/release/src/unpublished.ts
// Prints each package of the workspace whose version the registry does not have, as name@version.
import { join } from 'node:path';
import { readWorkspace } from '../../pack-check/src/workspace.ts';
import { isPublished } from './registry.ts';

const { libraries, adapters, platforms } = readWorkspace(join(import.meta.dirname, '../../..'));
for (const { manifest } of [...platforms, ...libraries, ...adapters]) {
  // Version 0.0.0 means that there was no changeset yet.
  if (manifest.version !== '0.0.0' && !isPublished(manifest.name, manifest.version)) {
    console.log(`${manifest.name}@${manifest.version}`);
  }
}
