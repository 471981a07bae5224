// Files that a preparation made are used again as long as what made them is the same.
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const bench = join(import.meta.dirname, '../../..');

/** Makes the file `name` and those whose names go on from there, unless the folder has them from the same maker and recipe. */
export async function keep(
  folder: string,
  name: string,
  recipe: string,
  make: () => void | Promise<void>,
): Promise<void> {
  const mark = join(folder, `${name}.made`);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === recipe) return;
  for (const file of readdirSync(folder)) {
    if (file === name || file.startsWith(`${name}.`) || file.startsWith(`${name}-`))
      rmSync(join(folder, file), { recursive: true, force: true });
  }
  await make();
  writeFileSync(mark, recipe);
}

/** Names the state of our packages: of the commit, with what was changed since. */
export function ourVersion(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: bench,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 30,
    });
  try {
    const committed = git('rev-parse', 'HEAD:packages').trim();
    const changes = git('diff', 'HEAD', '--', ':/packages') + git('status', '--porcelain', '--', ':/packages');
    return changes === '' ? committed : `${committed} ${createHash('sha256').update(changes).digest('hex')}`;
  } catch {
    // Without git nothing tells, so nothing is used again.
    return randomUUID();
  }
}

export function peerVersion(name: string): string {
  const manifest = join(bench, 'node_modules', name, 'package.json');
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : 'none';
}
