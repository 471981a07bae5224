import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { type Control, type Fault, KINDS } from './control.ts';
import { difference, stateOf } from './scenarios/lines.ts';
import { type AnyScenario, Changed, isTyped, type Journal, Kept, type Step, UsersOwn } from './scenarios/scenario.ts';

/** The number of failed calls with which a lasting fault ends. */
const LASTING_FAILURES = 3;
/** The endings of the files that outlive a process. */
const FILES = ['', '-wal', '-journal'];
/** The largest file that is copied at each failure, in bytes. */
const MOST_BYTES_KEPT = 8 * 1024 * 1024;
/** The number of calls after a failure that are checked fully. */
const WATCHED = 3;
/** The most failures of one call. */
const MOST_TRIES = 4;

export interface Plan {
  scenario: AnyScenario;
  file: string;
  journal: Journal;
  control: Control;
  fault: Fault;
  /** Receives, after each step and once the vaults are open, the states that the file may be in; the newest is last. */
  onStep?: (step: string, allowed: string[][]) => void;
}

/** A copy of the files from when the first call failed, and the states that it may hold after a kill. */
export interface Killed {
  file: string;
  allowed: string[][];
}

export interface Outcome {
  killed?: Killed;
  /** The calls that failed: the step's name and the error's code. */
  failed: string[];
  /** The number of those that took effect all the same. */
  happened: number;
  /** The content that the file must have now. */
  expected: string[];
}

/** A broken promise of the library. */
export class Broken extends Error {}

/**
 * Runs the steps of a scenario while a fault strikes. Compares what the vaults show, and what a second connection finds
 * in the file, with the model. Throws `Broken` if they differ.
 */
export async function run(plan: Plan): Promise<Outcome> {
  const runner = new Runner(plan);
  await runner.open();
  for (const step of plan.scenario.steps) await runner.step(step);
  await runner.close();
  const { failed, happened } = runner;
  return { failed, happened, expected: runner.visible, ...(runner.killed && { killed: runner.killed }) };
}

class Runner {
  readonly failed: string[] = [];
  happened = 0;
  killed: Killed | undefined;
  readonly #plan: Plan;
  readonly #scenario: AnyScenario;
  readonly #control: Control;
  #state: unknown;
  #vaults: unknown;
  /** The states that the file may be in: the newest one, and each older one since the last that is certainly stored. */
  #stored: unknown[];
  #watched = 0;
  #isLasting: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#scenario = plan.scenario;
    this.#control = plan.control;
    this.#isLasting = plan.fault.lasting;
    this.#state = plan.scenario.copy(plan.scenario.empty);
    this.#stored = [this.#scenario.copy(this.#state)];
    this.#control.arm(plan.fault);
  }

  get visible(): string[] {
    return this.#scenario.show(this.#state);
  }

  async open(): Promise<void> {
    await this.#until('open', () => {
      this.#vaults = this.#scenario.open(this.#plan.file, this.#plan.journal);
    });
    this.#checkJournal();
    this.#report('open');
  }

  async close(): Promise<void> {
    await this.#until('close', () => this.#scenario.close(this.#vaults));
    this.#control.set('armed', 0);
  }

  async step(step: Step<unknown, unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      let result: unknown;
      try {
        result = await step.run(this.#vaults, this.#state);
      } catch (error) {
        this.#note(step.name, error instanceof Kept ? error.cause : error, tries);
        if (error instanceof Kept) {
          this.#change(error.change, 'later');
          this.#check(`${step.name}, which failed`);
          return;
        }
        if (this.#hasHappened(step)) {
          this.happened++;
          this.#change(step.change ?? (() => {}), step.cached);
          this.#check(`${step.name}, which took effect although it failed`);
          return;
        }
        this.#keepAsKilled(step);
        this.#check(`${step.name}, which failed`);
        if (this.#isLasting) {
          if (step.needed || this.failed.length >= LASTING_FAILURES) this.#end();
          if (!step.needed) return;
        }
        continue;
      }
      this.#change(result instanceof Changed ? result.change : (step.change ?? (() => {})), step.cached);
      this.#report(step.name);
      if (this.#control.get('failures') > 0 && this.#watched++ < WATCHED) this.#check(step.name);
      return;
    }
  }

  /**
   * In DELETE mode SQLite shortens the file when the journal is gone and the transaction has taken effect. If that
   * fails, COMMIT fails, with the same error as if nothing had taken effect.
   */
  #hasHappened(step: Step<unknown, unknown>): boolean {
    const { change } = step;
    if (this.#plan.journal !== 'user delete' || KINDS[this.#control.get('firstKind')] !== 'resize' || !change)
      return false;
    const after = this.#scenario.copy(this.#state);
    change(after);
    const seen = this.#control.apart(() => this.#see(`after ${step.name}, which failed, the vaults`, this.#vaults));
    return difference(seen, this.visible) !== undefined && difference(seen, this.#scenario.show(after)) === undefined;
  }

  /** Runs work until it succeeds. */
  async #until(name: string, work: () => void): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        work();
        return;
      } catch (error) {
        this.#note(name, error, tries);
        if (this.#isLasting) this.#end();
        // A worker thread of ours may still have work to do.
        await after(0);
      }
    }
  }

  #end(): void {
    this.#isLasting = false;
    this.#control.set('at', 0);
  }

  #note(step: string, error: unknown, tries: number): void {
    const cause = error instanceof UsersOwn ? error.cause : error;
    if (!(error instanceof UsersOwn) && !isTyped(error)) {
      throw new Broken(`${step}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const text = `${step}: ${(cause as { code?: string }).code} ${(cause as Error).message}`;
    if (this.#control.get('failures') === 0) throw new Broken(`${text} (before any fault)`);
    if (tries > MOST_TRIES) throw new Broken(`${text} (still, although the fault is gone)`);
    this.failed.push(text);
    this.#watched = 0;
  }

  #change(change: (state: unknown) => void, cached: Step<unknown, unknown>['cached']): void {
    change(this.#state);
    if (cached === 'past what is pending') for (const state of this.#stored) change(state);
    else if (cached === undefined) this.#stored = [];
    this.#stored.push(this.#scenario.copy(this.#state));
  }

  get #allowed(): string[][] {
    return this.#stored.map((state) => this.#scenario.show(state));
  }

  #report(step: string): void {
    this.#plan.onStep?.(step, this.#allowed);
  }

  /**
   * A commit whose fsync failed was undone in this process, but the next process may find it if this one is killed. So
   * only the first failure is checked this way, and no step that skips its failed calls: what those changed is unknown.
   */
  #keepAsKilled(step: Step<unknown, unknown>): void {
    if (this.failed.length > 1 || !step.change) return;
    const { file } = this.#plan;
    const before = step.cached === 'past what is pending' ? [this.#state, ...this.#stored] : [this.#state];
    const allowed = before.map((state) => {
      const after = this.#scenario.copy(state);
      step.change?.(after);
      return this.#scenario.show(after);
    });
    const killed = { file: `${file}.killed.db`, allowed: [...allowed, ...this.#allowed] };
    this.#control.apart(() => {
      if (statSync(file).size > MOST_BYTES_KEPT) return;
      // Closing a copied file releases SQLite's locks on it, but no other process has it open.
      for (const end of FILES) if (existsSync(file + end)) copyFileSync(file + end, killed.file + end);
      this.killed = killed;
    });
  }

  #checkJournal(): void {
    const { file, journal } = this.#plan;
    if (!journal.endsWith('delete') && !this.#control.apart(() => isInWalMode(file))) {
      throw new Broken('open succeeded, but the file is not in WAL mode');
    }
  }

  #check(step: string): void {
    this.#control.apart(() => {
      const seen = difference(this.#see(`after ${step}, the vaults`, this.#vaults), this.visible);
      if (seen) throw new Broken(`after ${step}, through the vaults: ${seen}`);
      let found: string[];
      try {
        const reader = this.#scenario.open(this.#plan.file, this.#plan.journal, true);
        found = this.#see(`after ${step}, another connection`, reader);
        this.#scenario.close(reader);
      } catch (error) {
        throw error instanceof Broken ? error : new Broken(`after ${step}, another connection: ${error}`);
      }
      const allowed = this.#allowed;
      const at = stateOf(found, allowed, this.#scenario.apart === true);
      if (at < 0) {
        const newest = difference(found, allowed.at(-1) as string[]);
        throw new Broken(`after ${step}, in the file: ${newest} (nor an older state that is still allowed)`);
      }
      // A state that has once been in the file stays there.
      this.#stored.splice(0, at);
    });
  }

  #see(who: string, vaults: unknown): string[] {
    try {
      return this.#scenario.see(vaults);
    } catch (error) {
      throw new Broken(`${who}: ${error instanceof Error ? error.stack : error}`);
    }
  }
}

/** Returns whether the file is in WAL mode, as its header says. */
function isInWalMode(file: string): boolean {
  const opened = openSync(file, 'r');
  const head = Buffer.alloc(20);
  readSync(opened, head);
  closeSync(opened);
  return head[18] === 2;
}
