// faulty-process.ts CONTROL FOLDER: runs the points that come in by IPC, one after the other, and reports each.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Control } from './control.ts';
import { FAULTS, type FaultName } from './fault-kinds.ts';
import { Broken, type Killed, run } from './run.ts';
import type { Journal } from './scenarios/scenario.ts';
import { scenarioOf } from './scenarios.ts';

export interface Point {
  scenario: string;
  journal: Journal;
  fault: FaultName;
  lasting: boolean;
  /** The call that fails, counted from 1; 0: none. */
  at: number;
}

export interface PointReport {
  file: string;
  /** The number of calls that the fault could strike. */
  count: number;
  failures: number;
  firstKind: number;
  failed: string[];
  happened: number;
  expected: string[];
  killed?: Killed | undefined;
  broken?: string;
}

export interface TraceRequest {
  trace: { scenario: string; journal: Journal };
}

/** The length of the trace at the end of a step, and the states in which the file could be then. */
export interface Mark {
  step: string;
  operations: number;
  allowed: string[][];
}

const [controlPath = '', folder = ''] = process.argv.slice(2);
const control = new Control(controlPath);
let number = 0;

function fresh(): string {
  const file = join(folder, `point-${process.pid}-${number++}.db`);
  for (const end of ['', '-wal', '-shm', '-journal']) if (existsSync(file + end)) rmSync(file + end);
  return file;
}

async function carryOut({ scenario, journal, fault, lasting, at }: Point): Promise<PointReport> {
  const file = fresh();
  let failed: string[] = [];
  let happened = 0;
  let expected: string[] = [];
  let killed: Killed | undefined;
  let broken: string | undefined;
  try {
    const plan = { scenario: scenarioOf(scenario), file, journal, control, fault: { ...FAULTS[fault], lasting, at } };
    ({ failed, happened, expected, killed } = await run(plan));
  } catch (error) {
    broken = error instanceof Broken ? error.message : `this tool: ${(error as Error).stack}`;
  }
  control.set('armed', 0);
  const [count, failures, firstKind] = (['count', 'failures', 'firstKind'] as const).map((f) => control.get(f));
  return {
    file,
    count: count as number,
    failures: failures as number,
    firstKind: firstKind as number,
    failed,
    happened,
    expected,
    killed,
    ...(broken === undefined ? {} : { broken }),
  };
}

async function trace({ trace: { scenario, journal } }: TraceRequest): Promise<Mark[]> {
  const marks: Mark[] = [];
  control.set('operations', 0);
  control.set('tracing', 1);
  await run({
    scenario: scenarioOf(scenario),
    file: fresh(),
    journal,
    control,
    fault: { ...FAULTS['input/output error'], lasting: false, at: 0 },
    onStep: (step, allowed) => marks.push({ step, operations: control.get('operations'), allowed }),
  });
  control.set('tracing', 0);
  return marks;
}

// A rejection without a handler ends the process, and so is reported as a crash.
process.on('message', async (message: Point | TraceRequest) => {
  process.send?.('trace' in message ? await trace(message) : await carryOut(message));
});
