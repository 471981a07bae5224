// Breaks the disk under the library and checks how it copes: see ../README.md.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../testing/src/arguments.ts';
import { oneOfEvery, only } from './choice.ts';
import { FAULTS, type FaultName } from './fault-kinds.ts';
import { injectFaults } from './faults.ts';
import { cutPower } from './power.ts';
import { JOURNALS, type Journal } from './scenarios/scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { Workplace } from './workplace.ts';

const { values } = parseArgs({
  options: {
    mode: { type: 'string' },
    scenario: { type: 'string' },
    journal: { type: 'string' },
    fault: { type: 'string' },
    lasting: { type: 'string' },
    every: { type: 'string' },
    at: { type: 'string' },
    seed: { type: 'string' },
    tears: { type: 'string' },
  },
});
const every = wholeNumber('every', values.every ?? '1');
const seed = wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)));
const tears = wholeNumber('tears', values.tears ?? '3');
const choice = values.at === undefined ? oneOfEvery(Math.max(1, every), seed) : only(wholeNumber('at', values.at));
/** The most failures of one combination that are printed in full. */
const TOLD = 20;

function chosen<T extends string>(name: string, given: string | undefined, all: readonly T[]): readonly T[] {
  if (given === undefined) return all;
  if (!all.includes(given as T)) throw new Error(`--${name} is ${given}; expected one of ${all.join(', ')}`);
  return [given as T];
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
using workplace = new Workplace();
let failed = 0;

function tell(command: string, failures: { at: number; what: string }[], counts: string): void {
  console.log(`${command}: ${counts}, ${failures.length} failures`);
  for (const { at, what } of failures.slice(0, TOLD)) console.log(`  --at ${at}: ${what.replaceAll('\n', '\n    ')}`);
  if (failures.length > TOLD) console.log(`  and ${failures.length - TOLD} more`);
  failed += failures.length;
}

const modes = chosen('mode', values.mode, ['faults', 'power'] as const);
const lastings = chosen('lasting', values.lasting, ['no', 'yes'] as const);
console.log(`--every ${every} --seed ${seed}`);
for (const scenario of chosen('scenario', values.scenario, [...SCENARIOS.keys()])) {
  for (const journal of chosen<Journal>('journal', values.journal, JOURNALS)) {
    // The effect of a fault does not depend on how durable commits are.
    if (modes.includes('faults') && (journal !== 'wal normal' || values.journal)) {
      for (const fault of chosen<FaultName>('fault', values.fault, Object.keys(FAULTS) as FaultName[])) {
        for (const lasting of lastings) {
          const plan = { scenario, journal, fault, lasting: lasting === 'yes', choice };
          const { calls, points, kinds, thrown, absorbed, happened, failures } = await injectFaults(workplace, plan);
          const struck = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
          tell(
            `--mode faults --scenario ${scenario} --journal '${journal}' --fault '${fault}' --lasting ${lasting}`,
            failures,
            `${calls} calls, ${points} points (${struck}), ${thrown} thrown, ${absorbed} absorbed, ` +
              `${happened} reported although done`,
          );
        }
      }
    }
    // Its files are too large to copy for every cut, and its calls are those of the other scenarios.
    if (modes.includes('power') && (scenario !== 'large' || values.scenario)) {
      const plan = { scenario, journal, seed, choice, tears };
      const { calls, cuts, ahead, behind, failures } = await cutPower(workplace, plan);
      const counts = [...cuts].map(([fate, count]) => `${count} ${fate}`).join(', ');
      tell(
        `--mode power --scenario ${scenario} --journal '${journal}' --seed ${seed}`,
        failures,
        `${calls} calls, cuts (${counts}), ${ahead} with the call under way, ${behind} older`,
      );
    }
  }
}
console.log(failed === 0 ? 'no failures' : `${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;
