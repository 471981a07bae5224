import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CONDITIONS } from '../../tasks/built.ts';
import { Random } from '../../testing/src/random.ts';
import type { AnyScenario } from './scenarios/scenario.ts';
import { scenarioOf } from './scenarios.ts';

export interface Plan {
  scenario: string;
  rounds: number;
  seed: number;
}

export interface Outcome {
  /** The number of acknowledged operations, all of which were found in the file. */
  acknowledged: number;
  /** The number of rounds in which the operation under way had taken effect, as a whole. */
  ahead: number;
}

/** The most acknowledged operations, and the longest delay after them, before the kill. */
const MOST_OPERATIONS = 100;
const LONGEST_DELAY_US = 4_000;

/**
 * Kills writers on one file, one after the other, and compares what each leaves with what it acknowledged. Throws with
 * the round and its seed if something is missing, half done, or too much.
 */
export async function crash({ scenario: name, rounds, seed }: Plan): Promise<Outcome> {
  const scenario = scenarioOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-crash-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const file = join(folder, 'crashed.db');
    const outcome: Outcome = { acknowledged: 0, ahead: 0 };
    let state = scenario.read(file);
    for (let round = 0; round < rounds; round++) {
      const roundSeed = seed + round;
      const acknowledged = await killedWriter([name, file, String(roundSeed)], new Random(roundSeed));
      const found = scenario.read(file);
      const verdict = compare(scenario, state, found, roundSeed, acknowledged);
      if (verdict === 'wrong') {
        throw new Error(
          `round ${round + 1} (--rounds ${rounds} --seed ${seed}): after ${acknowledged} acknowledged operations the ` +
            'file holds neither their state nor the one after the next operation',
        );
      }
      outcome.acknowledged += acknowledged;
      if (verdict === 'ahead') outcome.ahead++;
      state = found;
    }
    return outcome;
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Returns what the writer had acknowledged when it died: the first dot is its start, each further one an operation. */
async function killedWriter(args: string[], random: Random): Promise<number> {
  const child = spawn(process.execPath, [...CONDITIONS, join(import.meta.dirname, 'writer-process.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAfter = 1 + random.below(MOST_OPERATIONS);
  const delay = random.below(LONGEST_DELAY_US) / 1_000;
  let dots = 0;
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.on('data', (chunk: Buffer) => {
    dots += chunk.length;
    if (dots < killAfter) return;
    // Busy waiting: timers are too coarse.
    for (const start = performance.now(); performance.now() - start < delay; );
    child.kill('SIGKILL');
  });
  const interrupted = () => child.kill('SIGKILL');
  process.once('exit', interrupted);
  const [status, signal] = await once(child, 'close');
  process.off('exit', interrupted);
  if (signal !== 'SIGKILL')
    throw new Error(`the writer ended before it was killed (${signal ?? `status ${status}`}):\n${errors}`);
  return dots - 1;
}

/** Checks that a file holds what was acknowledged, or that and the next operation, which was not acknowledged. */
function compare(
  scenario: AnyScenario,
  before: unknown,
  found: unknown,
  seed: number,
  acknowledged: number,
): 'as acknowledged' | 'ahead' | 'wrong' {
  const model = scenario.model(before);
  const operations = scenario.operations(new Random(seed));
  for (let count = 0; count < acknowledged; count++) model.carryOut(operations.next().value);
  if (isDeepStrictEqual(found, model.stored())) return 'as acknowledged';
  model.carryOut(operations.next().value);
  return isDeepStrictEqual(found, model.stored()) ? 'ahead' : 'wrong';
}
