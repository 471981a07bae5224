// Runs one contender once, or a suite's preparation. It is the whole of a fresh process, started by `rounds.ts`, so no
// contender finds another one's compiled code, heap or caches.
import { loadSuite } from './discovery.ts';
import type { Context } from './suite.ts';
import { FULL, QUICK, timeAsync, timeOnce, timeSync } from './timing.ts';

/** What this process is to do, as JSON in its only argument. Without a case it prepares the suite. */
export interface Order {
  suite: string;
  case?: string;
  contender?: string;
  fixtures: string;
  folder: string;
  quick: boolean;
}

/** What it answers. */
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

// Nobody is left to answer to when the run has been interrupted.
process.once('disconnect', () => process.exit());
const answer = await carryOut(JSON.parse(process.argv[2] ?? '{}') as Order).catch(explain);
// Whatever the contender left running, timers and open databases, ends here.
process.send?.(answer, () => process.exit());
