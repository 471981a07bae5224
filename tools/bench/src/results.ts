import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Machine, thisMachine } from './machine.ts';
import { whyOf } from './processes.ts';
import type { Measured, Run } from './rounds.ts';
import { type Spread, spread } from './statistics.ts';
import type { Budget, Case, Growth, Suite } from './suite.ts';
import { speedAgainst, type Unit } from './units.ts';

/** One run of one suite, as `results/` keeps it. */
export interface SuiteResult {
  suite: string;
  about: string;
  date: string;
  rounds: number;
  quick: boolean;
  /** Whether the cases of `--large` ran too; absent in older results. */
  large?: boolean;
  machine: Machine;
  cases: CaseResult[];
}

export interface CaseResult {
  name: string;
  unit: Unit;
  note?: string;
  growth?: Growth;
  contenders: ContenderResult[];
  budgets: BudgetResult[];
}

export interface ContenderResult {
  name: string;
  /** One number per round, and their summary. */
  values: number[];
  spread?: Spread;
  /** Our speed-up over this contender, from the pairs of each round. */
  speed?: Spread;
  /** The 99.9th percentile of single calls, over the rounds. */
  tail?: Spread;
  /** Why it has no numbers: it cannot run here, or it failed. */
  notRun?: string;
  failed?: string;
}

export interface BudgetResult extends Budget {
  /** The result in the budget's own terms; absent if nothing could be compared. */
  reached?: number;
  verdict: 'met' | 'missed' | 'not checked';
}

export async function resultOf(suite: string, { about }: Suite, run: Run, measured: Measured[]): Promise<SuiteResult> {
  const cases = [...new Set(measured.map((each) => each.case))];
  return {
    suite,
    about,
    date: new Date().toISOString().slice(0, 10),
    rounds: run.rounds,
    quick: run.quick,
    large: run.large,
    machine: await thisMachine(),
    cases: cases.map((entry) =>
      caseResult(
        entry,
        measured.filter((each) => each.case === entry),
      ),
    ),
  };
}

export function caseResult(entry: Case, measured: Measured[]): CaseResult {
  const { name, unit, note, growth, budgets = [] } = entry;
  const [ours] = measured;
  const contenders = measured.map((each) => contenderResult(unit, each, each === ours ? undefined : ours));
  return {
    name,
    unit,
    ...(note === undefined ? {} : { note }),
    ...(growth === undefined ? {} : { growth }),
    contenders,
    budgets: budgets.map((budget) => check(budget, contenders)),
  };
}

function contenderResult(
  unit: Unit,
  { contender, values, tails, problem }: Measured,
  ours?: Measured,
): ContenderResult {
  if (problem) {
    return { name: contender, values: [], ['notRun' in problem ? 'notRun' : 'failed']: whyOf(problem) };
  }
  const result: ContenderResult = { name: contender, values, spread: spread(values) };
  // Round by round: what slows the machine for a while slows both sides of a pair, and does not change their ratio.
  if (ours && !ours.problem) {
    result.speed = spread(values.map((value, round) => speedAgainst(unit, ours.values[round] ?? Number.NaN, value)));
  }
  if (tails.length > 0) result.tail = spread(tails);
  return result;
}

function check(budget: Budget, contenders: ContenderResult[]): BudgetResult {
  const { against, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = budget;
  const reached = against === undefined ? contenders[0]?.spread?.median : comparison(budget, contenders);
  if (reached === undefined) return { ...budget, verdict: 'not checked' };
  return { ...budget, reached, verdict: reached >= atLeast && reached <= atMost ? 'met' : 'missed' };
}

/** Returns the speed if the budget has a lower bound, and the cost if it has an upper one. */
function comparison({ against, atMost }: Budget, contenders: ContenderResult[]): number | undefined {
  const peer = contenders.find(({ name }) => name === against);
  if (!peer) throw new Error(`a budget names ${against}, which is not a contender of its case`);
  const speed = peer.speed?.median;
  return speed === undefined || atMost === undefined ? speed : 1 / speed;
}

const folder = join(import.meta.dirname, '..', 'results');

export function fileOf(suite: string): string {
  return join(folder, `${suite}.json`);
}

export function writeJson(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** Returns the kept results, in the order of their suites' names. */
export function keptResults(): SuiteResult[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as SuiteResult);
}
