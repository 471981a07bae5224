import type { Choice } from './choice.ts';
import { KINDS, type Kind } from './control.ts';
import type { FaultName } from './fault-kinds.ts';
import type { PointReport } from './faulty-process.ts';
import { Ended } from './helper-process.ts';
import type { Journal } from './scenarios/scenario.ts';
import type { Workplace } from './workplace.ts';

export interface FaultPlan {
  scenario: string;
  journal: Journal;
  fault: FaultName;
  lasting: boolean;
  /** Chooses the calls that fail, each in a run of its own. */
  choice: Choice;
}

export interface FaultOutcome {
  /** The number of calls that the fault could strike. */
  calls: number;
  points: number;
  /** The number of faults that struck, by the kind of the call. */
  kinds: Map<Kind, number>;
  /** The numbers of points at which a call of the library failed, and at which none did. */
  thrown: number;
  absorbed: number;
  /** The number of points at which a call failed although it had taken effect: see `run.ts`. */
  happened: number;
  failures: { at: number; what: string }[];
}

/** Has the fault strike one call after the other, each in a run of its own, and checks how the library copes. */
export async function injectFaults(workplace: Workplace, plan: FaultPlan): Promise<FaultOutcome> {
  const { scenario, journal, fault, lasting } = plan;
  const outcome: FaultOutcome = {
    calls: 0,
    points: 0,
    kinds: new Map(),
    thrown: 0,
    absorbed: 0,
    happened: 0,
    failures: [],
  };
  const checks: Promise<void>[] = [];
  const check = async (at: number, when: string, file: string, allowed: string[][]) => {
    try {
      const { problem } = await workplace.checking.ask({ scenario, journal, file, allowed });
      if (problem) outcome.failures.push({ at, what: `${when}: ${problem}` });
    } catch (error) {
      outcome.failures.push({ at, what: `${when}, while it was checked: ${(error as Error).message}` });
    }
  };
  const point = async (at: number): Promise<PointReport | undefined> => {
    try {
      const report = (await workplace.faulty.ask({ scenario, journal, fault, lasting, at })) as PointReport;
      if (report.broken !== undefined) outcome.failures.push({ at, what: report.broken });
      else checks.push(check(at, 'at the end', report.file, [report.expected]));
      const { killed } = report;
      if (killed) checks.push(check(at, 'killed after the fault', killed.file, killed.allowed));
      return report;
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      outcome.failures.push({ at, what: error.message });
      return undefined;
    }
  };

  const calm = await point(0);
  outcome.calls = calm?.count ?? 0;
  for (const at of plan.choice(outcome.calls)) {
    outcome.points++;
    const report = await point(at);
    if (!report || report.failures === 0) continue;
    const kind = KINDS[report.firstKind] as Kind;
    outcome.kinds.set(kind, (outcome.kinds.get(kind) ?? 0) + 1);
    if (report.happened > 0) outcome.happened++;
    if (report.failed.length > 0) outcome.thrown++;
    else if (report.broken === undefined) outcome.absorbed++;
  }
  await Promise.all(checks);
  outcome.failures.sort((a, b) => a.at - b.at);
  return outcome;
}
