// checking-process.ts: opens files that another process has left, as they come in by IPC, and reports what is wrong.
import { rmSync } from 'node:fs';
import { runCommandLine } from '../../../packages/umbrella/src/cli/run.ts';
import { difference, stateOf } from './scenarios/lines.ts';
import type { Journal } from './scenarios/scenario.ts';
import { scenarioOf } from './scenarios.ts';

export interface CheckRequest {
  scenario: string;
  journal: Journal;
  file: string;
  /** The states that the file may be in, the newest last. */
  allowed: string[][];
}

export interface CheckReport {
  problem?: string;
  /** The state that the file is in. */
  state?: number;
}

async function check({ scenario: name, journal, file, allowed }: CheckRequest): Promise<CheckReport> {
  const scenario = scenarioOf(name);
  let found: string[];
  try {
    const vaults = scenario.open(file, journal);
    found = scenario.see(vaults);
    const integrity = scenario.database(vaults).pragma('integrity_check', { simple: true });
    scenario.close(vaults);
    if (integrity !== 'ok') return { problem: `integrity_check: ${integrity}` };
  } catch (error) {
    return { problem: `a fresh process: ${error instanceof Error ? error.stack : error}` };
  }
  const state = stateOf(found, allowed, scenario.apart === true);
  if (state < 0) {
    return {
      problem: `a fresh process: ${difference(found, allowed.at(-1) ?? [])} (nor one of ${allowed.length} states)`,
    };
  }
  const status = await runCommandLine(['verify', file, '--json']);
  return status === 0 ? { state } : { problem: `verify ended with ${status}` };
}

// Each `verify` adds a listener to the output.
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
process.on('message', async (request: CheckRequest) => {
  const report = await check(request);
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(request.file + end, { force: true });
  process.send?.(report);
});
