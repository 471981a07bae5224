import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { KohakuVaultError, nativeCore, targetOf } from '@kohakuvault/core-native/internal';
import { betterSqlite3, openDatabase, sharedFileSystemOf } from '@kohakuvault/core-native/internal/database';
import { VectorKVault } from '@kohakuvault/vector';
import { copiesOf } from './copies.ts';

/** The result of one check. */
export interface CheckResult {
  readonly state: 'ok' | 'warning' | 'failed';
  readonly what: string;
  readonly found: string;
}

const PACKAGES = ['core-native', 'packer', 'kvault', 'columns', 'vector', 'text', 'ordered', 'postgres'];

const require = createRequire(import.meta.url);

/** Checks everything that KohakuVault needs in this project, and whether a file or folder is on a suitable disk. */
export function installation(path: string): CheckResult[] {
  const foundations = [
    attempt('native core', () => nativeCore().file),
    attempt('better-sqlite3', () => {
      betterSqlite3();
      const found = requireFromCore().resolve('better-sqlite3/package.json');
      return `${versionIn(found)} in ${folderOf(found)}`;
    }),
  ];
  // Without them, the other checks would fail for the same reason.
  const more = foundations.every(({ state }) => state === 'ok') ? [sqlite(), sqliteVec()] : [];
  const node = `${process.version}, Node-API ${process.versions.napi}, ${targetOf()}`;
  return [
    { state: 'ok', what: 'node', found: node },
    packages(),
    ...foundations,
    ...more,
    twoCopies(),
    fileSystem(path),
  ];
}

/** Checks a connection with the core in it, which every vault needs. */
function sqlite(): CheckResult {
  return attempt('SQLite', () => {
    using connection = openDatabase(':memory:');
    return `${connection.database.prepare('SELECT sqlite_version()').pluck().get()}, and the core works in it`;
  });
}

function attempt(what: string, check: () => string): CheckResult {
  try {
    return { state: 'ok', what, found: check() };
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw error;
    return { state: 'failed', what, found: `${error.code}: ${error.message}` };
  }
}

/** Checks sqlite-vec. Without it, SQL of the user on tables of vectors is refused, and everything else works. */
function sqliteVec(): CheckResult {
  const what = 'sqlite-vec';
  const found = attempt(what, () => {
    using vault = new VectorKVault(':memory:', { dimensions: 1 });
    const version = vault.database.prepare("SELECT 1 FROM pragma_function_list WHERE name = 'vec_version'").get();
    return version === undefined ? '' : `${vault.database.prepare('SELECT vec_version()').pluck().get()}`;
  });
  if (found.state === 'ok' && found.found !== '') return found;
  const why =
    'it does not load here; vaults write and search vectors without it, your own SQL on their tables is refused';
  return { state: 'warning', what, found: found.found || why };
}

function packages(): CheckResult {
  const versions = PACKAGES.map((id) => `${id} ${versionIn(require.resolve(`@kohakuvault/${id}/package.json`))}`);
  return {
    state: 'ok',
    what: 'kohakuvault',
    found: `${versionIn(require.resolve('kohakuvault/package.json'))} with ${versions.join(', ')}`,
  };
}

/**
 * Checks for copies of better-sqlite3. Two SQLite libraries in one process lose committed data of a file they share.
 */
function twoCopies(): CheckResult {
  const copies = copiesOf('better-sqlite3', process.cwd());
  const ours = copyOfCore();
  const all = [...new Set([...(ours === undefined ? [] : [ours]), ...copies])];
  if (all.length < 2) return { state: 'ok', what: 'copies of SQLite', found: 'one better-sqlite3 in this project' };
  return {
    state: 'warning',
    what: 'copies of SQLite',
    found:
      `${all.length} copies of better-sqlite3, ${all.join(' and ')}; two in one process lose data of a file ` +
      'they share. Run npm dedupe',
  };
}

/** Checks the file system, which WAL mode needs to be of this machine alone. */
function fileSystem(path: string): CheckResult {
  const what = 'file system';
  const found = sharedFileSystemOf(path);
  if (found === undefined)
    return { state: 'ok', what, found: `${path} is on a disk of this machine, as far as it tells` };
  return {
    state: 'warning',
    what,
    found: `${path} is on ${found.name}, which ${found.why}. Keep databases on a local disk`,
  };
}

function copyOfCore(): string | undefined {
  try {
    return folderOf(requireFromCore().resolve('better-sqlite3/package.json'));
  } catch {
    return undefined;
  }
}

/** Returns a `require` that finds the better-sqlite3 of the core, which may be another copy than ours. */
function requireFromCore(): NodeJS.Require {
  return createRequire(realpathSync(require.resolve('@kohakuvault/core-native/package.json')));
}

function versionIn(manifest: string): string {
  return (require(manifest) as { version: string }).version;
}

function folderOf(manifest: string): string {
  return realpathSync(manifest).replace(/[/\\]package\.json$/, '');
}
