import type { Unit } from './units.ts';

/** One file in `suites/`, its default export: cases that are run and reported together. */
export interface Suite {
  /** One sentence for the report: what the suite is about. */
  about: string;
  cases: Case[];
  /**
   * Makes what the cases share (a filled database, say) in `fixtures`, once and in a process of its own. `quick` is for what
   * would take long in a run that only tries something out.
   */
  prepare?(fixtures: string, quick: boolean): void | Promise<void>;
}

/** One question: how long does the same work take ours and the others? */
export interface Case {
  name: string;
  unit: Unit;
  /** What a reader must know to judge the numbers, such as where the contenders cannot do quite the same. */
  note?: string;
  budgets?: Budget[];
  /** By name; the first is ours, to which the others are compared. */
  contenders: Record<string, Contender>;
}

/**
 * What ours is to reach. `atLeast` speaks of speed ("at least 2.5x as fast as"), `atMost` of cost ("at most 0.5x the time
 * of"). Without `against` both speak of our number itself, in the case's unit.
 */
export interface Budget {
  against?: string;
  atLeast?: number;
  atMost?: number;
}

/**
 * Sets up, has the context time the work and returns its number, all in a process of its own. It ends as it likes:
 * nothing after the timed work counts.
 */
export type Contender = (context: Context) => number | Promise<number>;

export interface Context {
  /** A folder of this contender's own, empty, removed afterwards. */
  folder: string;
  /** The folder that `prepare` filled. All contenders see it, so it is only read; copy from it what is to be changed. */
  fixtures: string;
  /** Nanoseconds of one operation. A call of `work` may do several of them at once and then says how many. */
  perOperation(work: Work, operationsPerCall?: number): number;
  /** The same of work that returns a promise: one at a time. */
  perAsyncOperation(work: AsyncWork, operationsPerCall?: number): Promise<number>;
  /** Nanoseconds of something done once, cold: a first search, a file of a gigabyte. */
  once(work: () => number | Promise<number>): Promise<number>;
  /** Ends the contender because it cannot run here, and says why. It is reported as not run, never dropped. */
  unavailable(why: string): never;
}

/**
 * The work to be timed. `turn` counts the calls up, to choose another key or offset each time; the number returned has to
 * depend on what was done, so that the compiler cannot leave it out.
 */
export type Work = (turn: number) => number;
export type AsyncWork = (turn: number) => Promise<number>;
