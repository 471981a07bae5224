// Another checkout of this repository, ready to be measured: a folder of the user's, or a commit in a worktree of ours.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HERE } from './processes.ts';

export interface Checkout {
  root: string;
  /** For people: the ref and the commit, or the folder. */
  name: string;
}

/** Worktrees of commits stay here, built. */
const worktrees = join(tmpdir(), 'kohakuvault-bench-checkouts');
/** Each takes hundreds of megabytes. */
const KEPT = 3;
/** In a folder that git ignores. */
const BUILT = '.turbo/bench-built';

/** Returns the checkout that a ref or a path names, built. */
export function checkoutOf(refOrPath: string, root = HERE): Checkout {
  return isFolder(refOrPath) ? folderOf(refOrPath) : worktreeOf(refOrPath, root);
}

function isFolder(path: string): boolean {
  return statSync(join(path, 'tools/bench'), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function folderOf(path: string): Checkout {
  const root = realpathSync(resolve(path));
  build(root);
  return { root, name: path };
}

function worktreeOf(ref: string, root: string): Checkout {
  const commit = commitOf(ref, root);
  const folder = join(worktrees, commit);
  const built = join(folder, BUILT);
  if (!existsSync(built)) {
    removeWorktree(folder, root);
    git(root, 'worktree', 'add', '--force', '--detach', folder, commit);
    build(folder);
    // Hundreds of megabytes that only another build would need.
    rmSync(join(folder, 'target'), { recursive: true, force: true });
    mkdirSync(join(folder, '.turbo'), { recursive: true });
    writeFileSync(built, '');
  }
  utimesSync(folder, new Date(), new Date());
  removeOldest(root);
  return { root: folder, name: `${ref} (${commit.slice(0, 12)})` };
}

function commitOf(ref: string, root: string): string {
  const found = spawnSync('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], {
    cwd: root,
    encoding: 'utf8',
  });
  const commit = found.stdout?.trim();
  if (found.status !== 0 || !commit) {
    throw new Error(`--against expects a commit, a branch or the folder of a checkout, got ${ref}`);
  }
  return commit;
}

/**
 * Has the checkout build what its own bench needs: the script does that before it starts the program, and the program
 * ends with its usage. pnpm installs the dependencies first.
 */
function build(root: string): void {
  if (!existsSync(join(root, 'package.json'))) return;
  console.error(`building ${root}`);
  const { status, error } = spawnSync('npx', ['-y', 'pnpm@12', 'bench', '--help'], {
    cwd: root,
    env: buildEnvironment(),
    // Its output is not ours.
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`the checkout ${root} cannot be built: \`pnpm bench --help\` failed there`);
}

/** Without what the pnpm that started us says about this checkout. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|KOHAKUVAULT_NATIVE$)/i.test(name));
  return Object.fromEntries(kept);
}

function removeOldest(root: string): void {
  const byAge = readdirSync(worktrees)
    .map((name) => join(worktrees, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const folder of byAge.slice(KEPT)) removeWorktree(folder, root);
}

function removeWorktree(folder: string, root: string): void {
  rmSync(folder, { recursive: true, force: true });
  git(root, 'worktree', 'prune');
}

function git(root: string, ...args: string[]): void {
  execFileSync('git', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
