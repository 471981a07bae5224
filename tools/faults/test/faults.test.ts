import { randomInt } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { some } from '../src/choice.ts';
import { FAULTS, type FaultName } from '../src/fault-kinds.ts';
import { injectFaults } from '../src/faults.ts';
import { cutPower } from '../src/power.ts';
import { JOURNALS, type Journal } from '../src/scenarios/scenario.ts';
import { SCENARIOS } from '../src/scenarios.ts';
import { Workplace } from '../src/workplace.ts';

/** The number of calls that fail, each in a run of its own, and of calls after which the power is cut. */
const POINTS = 4;
const POINTS_OF_LARGE = 1;
const CUTS = 2;
const FIRST_CALLS = 20;
/** Calls at which FTS5 reads its totals, at which vaults are opened, and at which a commit fails that drops vectors. */
const CALLS_OF_DOCUMENTS = [
  { where: 'in an add of many', journal: 'user delete', lasting: true, first: 190, count: 40 },
  { where: 'as another model takes over', journal: 'user delete', lasting: true, first: 2_862, count: 16 },
  { where: 'as the tables are made', journal: 'wal', lasting: true, first: 56, count: 8 },
  { where: 'as a model begins', journal: 'wal', lasting: false, first: 2_096, count: 8 },
] as const;

const seed = randomInt(2 ** 31);
const names = [...SCENARIOS.keys()];
const faults = Object.keys(FAULTS) as FaultName[];
const journals: Journal[] = ['wal', 'user wal', 'user delete'];

/** Each scenario meets every fault and every journal mode, but not every pair of them. */
const faultCases = names.flatMap((scenario, place) =>
  faults.map((fault, turn) => {
    const journal = journals[(place + turn) % journals.length] as Journal;
    return { scenario, fault, journal, lasting: (place + turn) % 2 === 1 };
  }),
);
// The files of 'large' would have to be copied for every cut.
const powerCases = names
  .filter((name) => name !== 'large')
  .flatMap((scenario) => JOURNALS.map((journal) => ({ scenario, journal })));

function onLinux(): void {
  const workplace = new Workplace();
  afterAll(() => workplace[Symbol.dispose]());

  test.each(faultCases)('$scenario, $fault, $journal: typed errors, and nothing lost', async (which) => {
    console.info(`faults: ${JSON.stringify(which)}, seed ${seed}`);
    // How many calls there are depends on the machine: in a run with fewer of them, a late one is never struck.
    for (let turn = 0, struck = 0; struck === 0; turn++) {
      const choice = some(which.scenario === 'large' ? POINTS_OF_LARGE : POINTS, seed + turn);
      const { failures, kinds } = await injectFaults(workplace, { ...which, choice });
      expect(failures).toEqual([]);
      struck = kinds.size;
    }
  });

  // The first calls include those that put the file into WAL mode.
  test('an open that could not put the file into WAL mode throws', async () => {
    const choice = () => Array.from({ length: FIRST_CALLS }, (_, at) => at + 1);
    const plan = { scenario: 'kvault', journal: 'wal', fault: 'input/output error', lasting: false, choice } as const;
    const { failures, points } = await injectFaults(workplace, plan);
    expect(failures).toEqual([]);
    expect(points).toBe(FIRST_CALLS);
  });

  test.each(CALLS_OF_DOCUMENTS)(
    'documents are whole after each failure $where',
    async ({ journal, lasting, first, count }) => {
      const choice = () => Array.from({ length: count }, (_, at) => first + at);
      const plan = { scenario: 'documents', journal, fault: 'full disk', lasting, choice } as const;
      const { failures, thrown } = await injectFaults(workplace, plan);
      expect(failures).toEqual([]);
      expect(thrown).toBe(count);
    },
  );

  test.each(powerCases)('$scenario, $journal: what was acknowledged outlives a power cut', async (which) => {
    console.info(`power: ${JSON.stringify(which)}, seed ${seed}`);
    const { failures, cuts } = await cutPower(workplace, { ...which, seed, tears: 1, choice: some(CUTS, seed) });
    expect(failures).toEqual([]);
    expect(cuts.size).toBe(3);
  });
}

// The library between SQLite and the C library is for Linux.
if (process.platform === 'linux') describe('on a failing disk', onLinux);
