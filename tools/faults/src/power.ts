import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Random } from '../../testing/src/random.ts';
import type { Choice } from './choice.ts';
import { Disk, FATES, type Fate, operationsIn } from './disk.ts';
import type { Mark } from './faulty-process.ts';
import type { Journal } from './scenarios/scenario.ts';
import type { Workplace } from './workplace.ts';

export interface PowerPlan {
  scenario: string;
  journal: Journal;
  seed: number;
  /** Chooses the calls after which the power is cut. */
  choice: Choice;
  /** The number of ways in which each cut is torn. */
  tears: number;
}

export interface PowerOutcome {
  calls: number;
  cuts: Map<Fate, number>;
  /** The number of cuts after which the call under way had taken effect. */
  ahead: number;
  /**
   * The number of cuts that lost something acknowledged, as is allowed: with 'normal', and in DELETE mode when the
   * removal of a journal was undone, and with it the last transaction.
   */
  behind: number;
  failures: { at: number; what: string }[];
}

const MOST_WAITING = 32;

/**
 * Records the scenario's calls, cuts the power after one call and another, and has a fresh process open what the disk
 * then holds.
 */
export async function cutPower(workplace: Workplace, plan: PowerPlan): Promise<PowerOutcome> {
  const { scenario, journal } = plan;
  // The shim has it open.
  truncateSync(workplace.trace);
  const marks = (await workplace.faulty.ask({ trace: { scenario, journal } })) as Mark[];
  const operations = [...operationsIn(readFileSync(workplace.trace))];
  const chosen = new Set(plan.choice(operations.length));
  const outcome: PowerOutcome = { calls: operations.length, cuts: new Map(), ahead: 0, behind: 0, failures: [] };
  const folder = mkdtempSync(join(workplace.files, '../cut-'));
  const disk = new Disk();
  const checks: Promise<void>[] = [];

  const cut = async (at: number, fate: Fate, tear: number) => {
    const { files, restored } = disk.cut(fate, new Random(plan.seed + at * 1_000 + tear));
    const name = join(folder, `cut-${at}-${fate}-${tear}.db`);
    for (const [path, content] of files) {
      // The memory that processes share means nothing to later ones.
      if (path.endsWith('-shm')) continue;
      writeFileSync(name + basename(path).replace(/^.*\.db/, ''), content);
    }
    outcome.cuts.set(fate, (outcome.cuts.get(fate) ?? 0) + 1);
    const mayUndo = restored.some((path) => path.endsWith('-journal'));
    const { allowed, older, known } = statesAt(marks, at, journal, mayUndo);
    try {
      const { problem, state } = await workplace.checking.ask({ scenario, journal, file: name, allowed });
      if (problem) outcome.failures.push({ at, what: `${fate} ${tear}: ${problem}` });
      else if (state !== undefined && state >= known) outcome.ahead++;
      else if (state !== undefined && state < older) outcome.behind++;
    } catch (error) {
      outcome.failures.push({ at, what: `${fate} ${tear}: while it was checked: ${(error as Error).message}` });
    }
  };

  for (const [index, operation] of operations.entries()) {
    disk.carryOut(operation);
    const at = index + 1;
    if (!chosen.has(at)) continue;
    for (const fate of FATES) {
      for (let tear = 0; tear < (fate === 'torn' ? plan.tears : 1); tear++) checks.push(cut(at, fate, tear));
    }
    // Removed at once, so that not all files exist at the same time.
    if (checks.length >= MOST_WAITING) await Promise.all(checks.splice(0));
  }
  await Promise.all(checks);
  outcome.failures.sort((a, b) => a.at - b.at);
  return outcome;
}

/**
 * The states that the file may be in after a power cut. The first `known` are from before the call under way; the first
 * `older` of those are older than what was acknowledged.
 */
function statesAt(marks: Mark[], at: number, journal: Journal, mayUndo: boolean) {
  // Before the vaults are open there is no file, and then an empty one.
  const done = Math.max(
    0,
    marks.findLastIndex(({ operations }) => operations <= at),
  );
  const acknowledged = marks[done]?.allowed ?? [];
  const underWay = (marks[done]?.operations ?? 0) < at ? (marks[done + 1]?.allowed ?? []) : [];
  const older = marks.slice(0, done).map(({ allowed }) => allowed);
  // With 'normal' any commit may be lost; with a journal that is back, the last one.
  const before = journal === 'wal normal' ? older.flat() : mayUndo ? (older.findLast(differs(acknowledged)) ?? []) : [];
  const allowed = [...before, ...acknowledged, ...underWay];
  return { allowed, older: before.length, known: before.length + acknowledged.length };
}

function differs(from: string[][]): (other: string[][]) => boolean {
  const text = (states: string[][]) => states.at(-1)?.join('\n');
  return (other) => text(other) !== text(from);
}
