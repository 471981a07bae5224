// Runs one contender once, or a suite's preparation. `rounds.ts` starts a fresh process for it, so no contender finds
// the compiled code, heap or caches of another one.
//
// `bench --against` starts this program of another checkout: what an order and an answer have today must keep its
// meaning, and what is added must be optional.
import { loadSuite } from './discovery.ts';
import type { Context } from './suite.ts';
import { tailOf } from './tail.ts';
import { FULL, QUICK, timeAsync, timeOnce, timeSync } from './timing.ts';

/** The task of this process, as JSON in its only argument. Without a case it prepares the suite. */
export interface Order {
  suite: string;
  case?: string;
  contender?: string;
  fixtures: string;
  folder: string;
  quick: boolean;
  /** Whether the run has the cases that are long and need gigabytes. */
  large?: boolean;
  /** The cases that the run has; a preparation may leave out what only others need. */
  names?: string[];
  /** Whether only ours run. */
  alone?: boolean;
}

export interface Numbers {
  value: number;
  /** The 99.9th percentile of the calls. */
  tail?: number;
}

/** The answer of the process. */
export type Answer = Numbers | { notRun: string } | { failed: string };

class Unavailable extends Error {}

/** Makes the context of a contender, and returns with it what there is to know of the tail of a number. */
function contextOf({ fixtures, folder, quick, large = false }: Order): [Context, (value: number) => Numbers] {
  const effort = quick ? QUICK : FULL;
  let timed: Numbers | undefined;
  const single = (value: number, tail: number | undefined, operationsPerCall: number) => {
    timed = operationsPerCall === 1 && tail !== undefined ? { value, tail } : undefined;
    return value / operationsPerCall;
  };
  const context: Context = {
    fixtures,
    folder,
    quick,
    large,
    perOperation: (work, operationsPerCall = 1) => {
      const { value, latencies } = timeSync(work, effort);
      return single(value, tailOf(latencies), operationsPerCall);
    },
    perAsyncOperation: async (work, operationsPerCall = 1) => {
      const { value, latencies } = await timeAsync(work, effort);
      return single(value, tailOf(latencies), operationsPerCall);
    },
    once: timeOnce,
    withTail: (value, tail) => single(value, tail, 1),
    unavailable: (why) => {
      throw new Unavailable(why);
    },
  };
  // A contender that makes another number of it, such as a rate, has no tail.
  return [context, (value) => (timed?.value === value ? timed : { value })];
}

async function carryOut(order: Order): Promise<Answer> {
  const suite = await loadSuite(order.suite);
  if (order.case === undefined) {
    const { quick, large = false, alone = false, names = suite.cases.map(({ name }) => name) } = order;
    await suite.prepare?.(order.fixtures, quick, { large, names, peers: !alone });
    return { value: 0 };
  }
  const contender = suite.cases.find(({ name }) => name === order.case)?.contenders[order.contender ?? ''];
  if (!contender) throw new Error(`no contender ${order.contender} in ${order.suite}: ${order.case}`);
  const [context, withTail] = contextOf(order);
  const value = await contender(context);
  if (!Number.isFinite(value)) throw new Error(`the contender's number is ${value}`);
  return withTail(value);
}

function explain(error: unknown): Answer {
  if (error instanceof Unavailable) return { notRun: error.message };
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(message ?? '')?.[1];
  if (missing && /MODULE_NOT_FOUND$/.test(code ?? '')) return { notRun: `${missing} is not installed` };
  return { failed: stack ?? String(error) };
}

// After the run was interrupted nobody reads the answer.
process.once('disconnect', () => process.exit());
const answer = await carryOut(JSON.parse(process.argv[2] ?? '{}') as Order).catch(explain);
// Timers and open databases that the contender left end here.
process.send?.(answer, () => process.exit());
