import buffer from 'node:buffer';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { KohakuVaultError } from '@kohakuvault/core-native';

/** How one call ended. */
export interface Outcome {
  /** What of the file it is about: see `subjectOfTable`. */
  readonly subject: string;
  readonly call: string;
  readonly writes: boolean;
  /** What it gave, in short; undefined where it threw. */
  readonly answer?: string;
  /** The code of an error of ours, and what it says. */
  readonly code?: string;
  readonly message?: string;
  /** An error that is none of ours, which nobody may see. */
  readonly raw?: string;
}

/** Runs calls one after another and keeps how each ended. */
export class Recorder {
  readonly outcomes: Outcome[] = [];
  subject = '';

  async read(call: string, work: () => unknown): Promise<unknown> {
    return this.#run(call, false, work);
  }

  async write(call: string, work: () => unknown): Promise<unknown> {
    return this.#run(call, true, work);
  }

  async #run(call: string, writes: boolean, work: () => unknown): Promise<unknown> {
    const { subject } = this;
    try {
      const result = await work();
      this.outcomes.push({ subject, call, writes, answer: writes ? '' : digest(result) });
      return result;
    } catch (error) {
      if (error instanceof KohakuVaultError) {
        this.outcomes.push({ subject, call, writes, code: error.code, message: error.message });
      } else {
        this.outcomes.push({ subject, call, writes, raw: error instanceof Error ? `${error.stack}` : String(error) });
      }
      return undefined;
    }
  }
}

// All bytes of a Buffer tell, not only the first fifty.
buffer.INSPECT_MAX_BYTES = Number.POSITIVE_INFINITY;
const WHOLE = { depth: 50, maxArrayLength: null, maxStringLength: null, breakLength: Number.POSITIVE_INFINITY };

/** Not by V8's serializer, for which one number can be one of two things. */
function digest(value: unknown): string {
  return createHash('md5').update(inspect(value, WHOLE)).digest('base64');
}
