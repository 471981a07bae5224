import { openSync, readSync } from 'node:fs';
import { type Delays, delaysOf, microseconds } from './delays.ts';

const PERIOD_MS = 1;

/** The main thread of this process: nanoseconds on a core, nanoseconds that it waited for a core, turns. */
const SCHEDULE = '/proc/self/schedstat';

/**
 * How late an event loop is through its own work. Two cores shared by clients, servers and their threads keep every
 * thread waiting for a core. That is left out: Linux counts it for each thread.
 */
export class OwnDelays {
  readonly #schedule: number;
  readonly #text = Buffer.alloc(64);
  readonly #histogram = microseconds();

  private constructor(schedule: number) {
    this.#schedule = schedule;
    let due = performance.now() + PERIOD_MS;
    let waited = this.#waited();
    const look = () => {
      const now = performance.now();
      const waitedNow = this.#waited();
      const late = now - due - (waitedNow - waited);
      this.#histogram.record(Math.max(1, Math.round(late * 1_000)));
      due = now + PERIOD_MS;
      waited = waitedNow;
      setTimeout(look, PERIOD_MS).unref();
    };
    setTimeout(look, PERIOD_MS).unref();
  }

  /** Begins to watch this process; undefined if the system does not count for threads. */
  static watch(): OwnDelays | undefined {
    try {
      return new OwnDelays(openSync(SCHEDULE, 'r'));
    } catch {
      return undefined;
    }
  }

  get delays(): Delays {
    return delaysOf(this.#histogram, 1_000);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** Milliseconds. */
  #waited(): number {
    const length = readSync(this.#schedule, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }
}
