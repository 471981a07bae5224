import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { PYTHON_1X, pythonVersion } from './python-program.ts';
import { vectorPeerVersions } from './vector-peers.ts';

/** What a reader must know of the machine, and nothing that identifies its owner. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  os: string;
  node: string;
  sqlite: string;
  /** The versions of the peers. */
  packages: Record<string, string>;
  /** Programs that wanted a core when the run ended: the mean of its last minute, ours included (0 on Windows). */
  load: number;
}

export async function thisMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // Only the numbers of the release: builders append names to them.
    os: `${platform()} ${/^[\d.]+/.exec(release())?.[0] ?? ''} ${arch()}`,
    node: process.versions.node,
    sqlite: await sqliteVersion(),
    packages: {
      ...peerVersions(),
      ...vectorPeerVersions(),
      'kohakuvault for Python': pythonVersion() ?? 'not installed',
      ...(PYTHON_1X ? { 'kohakuvault for Python 1.x': pythonVersion(PYTHON_1X) ?? 'not installed' } : {}),
    },
    load: Number(loadavg()[0]?.toFixed(1)),
  };
}

async function sqliteVersion(): Promise<string> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(':memory:');
    const version = database.prepare<[], string>('SELECT sqlite_version()').pluck().get();
    database.close();
    return version ?? 'unknown';
  } catch {
    return 'none';
  }
}

/** Returns the versions of the peers: every engine we compare with is a dependency of this package. */
function peerVersions(): Record<string, string> {
  const root = join(import.meta.dirname, '..');
  const { dependencies } = readJson<{ dependencies: Record<string, string> }>(join(root, 'package.json'));
  const peers = Object.keys(dependencies).filter((name) => !dependencies[name]?.startsWith('workspace:'));
  return Object.fromEntries(
    peers.map((name) => {
      try {
        return [name, readJson<{ version: string }>(join(root, 'node_modules', name, 'package.json')).version];
      } catch {
        return [name, 'not installed'];
      }
    }),
  );
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
