import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Returns the folders with a package: at the top of a project, in the folders above, and inside its dependencies. */
export function copiesOf(name: string, project: string): string[] {
  const found = new Set<string>();
  for (const modules of modulesAbove(project)) {
    for (const owner of [dirname(modules), ...packagesIn(modules)]) {
      const folder = join(owner, 'node_modules', name);
      if (existsSync(join(folder, 'package.json'))) found.add(realpathSync(folder));
    }
  }
  return [...found];
}

function modulesAbove(folder: string): string[] {
  const parent = dirname(folder);
  const here = join(folder, 'node_modules');
  return [...(existsSync(here) ? [here] : []), ...(parent === folder ? [] : modulesAbove(parent))];
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules).flatMap((entry) => {
    if (entry.startsWith('.')) return [];
    const folder = join(modules, entry);
    return entry.startsWith('@') ? readdirSync(folder).map((inner) => join(folder, inner)) : [folder];
  });
}
