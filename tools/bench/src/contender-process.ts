// Runs one contender once, or a suite's preparation. `rounds.ts` starts a fresh process for it, so no contender finds
// the compiled code, heap or caches of another one.
import { loadSuite } from './discovery.ts';
import type { Context } from './suite.ts';
import { FULL, QUICK, timeAsync, timeOnce, timeSync } from './timing.ts';

/** The task of this process, as JSON in its only argument. Without a case it prepares the suite. */
export interface Order {
  suite: string;
  case?: string;
  contender?: string;
  fixtures: string;
  folder: string;
  quick: boolean;
}

/** The answer of the process. */
export type Answer = { value: number } | { notRun: string } | { failed: string };

class Unavailable extends Error {}

function contextOf({ fixtures, folder, quick }: Order): Context {
  const effort = quick ? QUICK : FULL;
  return {
    fixtures,
    folder,
    perOperation: (work, operationsPerCall = 1) => timeSync(work, effort) / operationsPerCall,
    perAsyncOperation: async (work, operationsPerCall = 1) => (await timeAsync(work, effort)) / operationsPerCall,
    once: timeOnce,
    unavailable: (why) => {
      throw new Unavailable(why);
    },
  };
}

async function carryOut(order: Order): Promise<Answer> {
  const suite = await loadSuite(order.suite);
  if (order.case === undefined) {
    await suite.prepare?.(order.fixtures, order.quick);
    return { value: 0 };
  }
  const contender = suite.cases.find(({ name }) => name === order.case)?.contenders[order.contender ?? ''];
  if (!contender) throw new Error(`no contender ${order.contender} in ${order.suite}: ${order.case}`);
  const value = await contender(contextOf(order));
  if (!Number.isFinite(value)) throw new Error(`the contender's number is ${value}`);
  return { value };
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
