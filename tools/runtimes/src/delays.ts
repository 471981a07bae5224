import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../pack-check/src/run.ts';
import type { FetchedRuntime } from './fetch.ts';

/** Returns how long calls keep the event loop from turning, in milliseconds, by what is called. */
export async function measureDelays(
  { runtime, binary }: FetchedRuntime,
  folder: string,
): Promise<Record<string, number>> {
  const data = join(folder, 'delays');
  mkdirSync(data);
  try {
    const program = join(folder, 'tools/runtimes/test/programs/delays.ts');
    const printed = await run(binary, [...runtime.run, program, data], folder);
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
