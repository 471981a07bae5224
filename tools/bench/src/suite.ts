import type { Unit } from './units.ts';

/** The default export of a file in `suites/`: cases that are run and reported together. */
export interface Suite {
  /** One sentence for the report: what the suite is about. */
  about: string;
  cases: Case[];
  /**
   * Makes what the cases share, such as a filled database, in `fixtures`, once and in a process of its own. With
   * `quick` it may make less, because the run only tries something out.
   */
  prepare?(fixtures: string, quick: boolean, run: Preparation): void | Promise<void>;
  /** Whether `prepare` takes long, and finds out what is already there: then `--fixtures` keeps it for other runs. */
  isKept?: boolean;
}

export interface Preparation {
  large: boolean;
  /** The names of the cases that the run has. */
  names: string[];
  /** Whether the peers run too. */
  peers: boolean;
}

/** One question: how long do our code and the peers take for the same work? */
export interface Case {
  name: string;
  unit: Unit;
  /** What a reader must know to judge the numbers, for example that the contenders cannot do quite the same. */
  note?: string;
  budgets?: Budget[];
  /** Whether the case takes minutes or gigabytes, so that it runs only with `--large`. */
  large?: boolean;
  /** The question that other cases ask of other sizes: the report draws how the cost grows. */
  growth?: Growth;
  /** By name. The first is ours, and the others are compared with it. */
  contenders: Record<string, Contender>;
}

export interface Growth {
  of: string;
  size: number;
}

/**
 * What our code should reach. `atLeast` is about speed ("at least 2.5x as fast as"), `atMost` about cost ("at most 0.5x
 * the time of"). Without `against` both are about our number itself, in the case's unit.
 */
export interface Budget {
  against?: string;
  atLeast?: number;
  atMost?: number;
}

/**
 * Sets up, has the context time the work, and returns its number, all in a process of its own. It need not clean up:
 * nothing after the timed work counts.
 */
export type Contender = (context: Context) => number | Promise<number>;

export interface Context {
  /** An empty folder for this contender alone, which is removed afterwards. */
  folder: string;
  /** The folder that `prepare` filled. All contenders read it, so copy what you want to change. */
  fixtures: string;
  quick: boolean;
  large: boolean;
  /**
   * Returns the nanoseconds of one operation. A call of `work` may do several: then `operationsPerCall` says how many.
   */
  perOperation(work: Work, operationsPerCall?: number): number;
  /** Does the same for work that returns a promise, one call at a time. */
  perAsyncOperation(work: AsyncWork, operationsPerCall?: number): Promise<number>;
  /** Returns the nanoseconds of something done once, cold: a first search, a file of a gigabyte. */
  once(work: () => number | Promise<number>): Promise<number>;
  /** Returns the number, and keeps the 99.9th percentile of what it is the middle of. */
  withTail(value: number, tail: number | undefined): number;
  /** Ends the contender because it cannot run here, and says why. The report shows it as not run. */
  unavailable(why: string): never;
}

/**
 * The work to time. `turn` counts the calls, to choose another key or offset each time. The returned number must depend
 * on what was done, so that the compiler cannot leave it out.
 */
export type Work = (turn: number) => number;
export type AsyncWork = (turn: number) => Promise<number>;
