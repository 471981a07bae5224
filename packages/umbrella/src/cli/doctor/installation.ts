import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { KohakuVaultError, nativeCore, targetOf } from '@kohakuvault/core-native/internal';
import { betterSqlite3, openDatabase } from '@kohakuvault/core-native/internal/database';
import { VectorKVault } from '@kohakuvault/vector';
import { copiesOf } from './copies.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'failed';
  readonly what: string;
  readonly found: string;
}

const PACKAGES = ['core-native', 'packer', 'kvault', 'columns', 'vector', 'ordered'];

const require = createRequire(import.meta.url);

/** Everything that has to fit for KohakuVault to work in this project. */
export function installation(): Finding[] {
  const foundations = [
    attempt('native core', () => nativeCore().file),
    attempt('better-sqlite3', () => {
      betterSqlite3();
      const found = requireFromCore().resolve('better-sqlite3/package.json');
      return `${versionIn(found)} in ${folderOf(found)}`;
    }),
  ];
  // Without them the rest would say the same again.
  const more = foundations.every(({ state }) => state === 'ok') ? [sqlite(), sqliteVec()] : [];
  const node = `${process.version}, Node-API ${process.versions.napi}, ${targetOf()}`;
  return [{ state: 'ok', what: 'node', found: node }, packages(), ...foundations, ...more, twoCopies()];
}

/** A connection with the core in it: what every vault stands on. */
function sqlite(): Finding {
  return attempt('SQLite', () => {
    using connection = openDatabase(':memory:');
    return `${connection.database.prepare('SELECT sqlite_version()').pluck().get()}, and the core works in it`;
  });
}

function attempt(what: string, look: () => string): Finding {
  try {
    return { state: 'ok', what, found: look() };
  } catch (error) {
    if (!(error instanceof KohakuVaultError)) throw error;
    return { state: 'failed', what, found: `${error.code}: ${error.message}` };
  }
}

/** Without it vectors cannot be written; everything else works. */
function sqliteVec(): Finding {
  const found = attempt('sqlite-vec', () => {
    using vault = new VectorKVault(':memory:', { dimensions: 1 });
    return `${vault.database.prepare('SELECT vec_version()').pluck().get()}`;
  });
  return found.state === 'failed' ? { ...found, state: 'warning' } : found;
}

function packages(): Finding {
  const versions = PACKAGES.map((id) => `${id} ${versionIn(require.resolve(`@kohakuvault/${id}/package.json`))}`);
  return {
    state: 'ok',
    what: 'kohakuvault',
    found: `${versionIn(require.resolve('kohakuvault/package.json'))} with ${versions.join(', ')}`,
  };
}

/** Two copies of better-sqlite3 are two SQLites; on one file in one process they lose committed data. */
function twoCopies(): Finding {
  const copies = copiesOf('better-sqlite3', process.cwd());
  const ours = oursOrNothing();
  const all = [...new Set([...(ours === undefined ? [] : [ours]), ...copies])];
  if (all.length < 2) return { state: 'ok', what: 'copies of SQLite', found: 'one better-sqlite3 in this project' };
  return {
    state: 'warning',
    what: 'copies of SQLite',
    found: `${all.length} copies of better-sqlite3, ${all.join(' and ')}; two in one process lose data on a file they share: npm dedupe`,
  };
}

function oursOrNothing(): string | undefined {
  try {
    return folderOf(requireFromCore().resolve('better-sqlite3/package.json'));
  } catch {
    return undefined;
  }
}

/** Finds better-sqlite3 as the core does, which may be elsewhere than where this file would. */
function requireFromCore(): NodeJS.Require {
  return createRequire(realpathSync(require.resolve('@kohakuvault/core-native/package.json')));
}

function versionIn(manifest: string): string {
  return (require(manifest) as { version: string }).version;
}

function folderOf(manifest: string): string {
  return realpathSync(manifest).replace(/[/\\]package\.json$/, '');
}
