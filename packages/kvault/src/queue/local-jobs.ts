import type { JobStore } from './job-queue.ts';
import type { Claim } from './job-table.ts';
import type { Queue } from './queue.ts';

/** Returns the jobs of a queue of this thread, by calls that return promises. */
export function localJobs(queue: Queue): JobStore {
  const { calls } = queue;
  return {
    push: async (values, delay) => calls.push(values, delay),
    take: async (limit) => calls.take(limit),
    jobs: (options) => calls.jobs(options),
    finish: async (claim) => calls.finish(claim as Claim),
    fail: async (claim, outcome) => calls.fail(claim as Claim, outcome),
    extend: async (claim, milliseconds) => calls.extend(claim as Claim, milliseconds),
    counts: async () => calls.counts(),
    dead: async (limit) => calls.dead(limit),
    revive: async (id) => calls.revive(id),
    removeDead: async (id) => calls.removeDead(id),
    clear: async () => calls.clear(),
  };
}
