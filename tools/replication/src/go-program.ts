import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const CACHE = resolve(import.meta.dirname, '../../../node_modules/.cache');

/** Builds a program with Go, once for each version. Returns its path; undefined without Go. */
export function buildWithGo(module: string, version: string): string | undefined {
  const name = basename(module);
  const folder = join(CACHE, `${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  console.log(`building ${name} ${version} ...`);
  const env = { ...process.env, GOBIN: folder };
  const built = spawnSync('go', ['install', `${module}@${version}`], { env, stdio: 'inherit' });
  if (built.status !== 0) throw new Error(`go install ended with ${built.status}`);
  return program;
}
