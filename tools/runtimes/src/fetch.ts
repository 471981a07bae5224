import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../pack-check/src/run.ts';
import type { Runtime } from './runtimes.ts';

/** A runtime that is installed on this machine. */
export interface FetchedRuntime {
  readonly runtime: Runtime;
  /** The path of its binary. */
  readonly binary: string;
  readonly version: string;
}

/** Installs a runtime below a folder by npm, or uses what is there from an earlier run. */
export async function fetchRuntime(runtime: Runtime, below: string): Promise<FetchedRuntime> {
  const folder = join(below, runtime.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', runtime.specifier], folder);
  const binary = join(folder, 'node_modules', runtime.binary);
  const printed = await run(binary, ['--version'], folder);
  const version = /\d+\.\d+\.\d+/.exec(printed)?.[0];
  if (version === undefined) throw new Error(`${runtime.specifier} does not say its version: ${printed}`);
  return { runtime, binary, version };
}
