import buffer from 'node:buffer';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { KohakuVaultError } from '@kohakuvault/core-native';

/** The outcome of one call. */
export interface Outcome {
  /** The part of the file that the call is about: see `subjectOfTable`. */
  readonly subject: string;
  readonly call: string;
  readonly writes: boolean;
  /** A digest of the result; undefined if the call threw. */
  readonly answer?: string;
  /** The code of an error of ours, and its message. */
  readonly code?: string;
  readonly message?: string;
  /** An error that is not ours, which no call may throw. */
  readonly raw?: string;
}

/** Runs calls one after another and keeps their outcomes. */
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

// All bytes of a Buffer count, not only the first fifty.
buffer.INSPECT_MAX_BYTES = Number.POSITIVE_INFINITY;
const WHOLE = { depth: 50, maxArrayLength: null, maxStringLength: null, breakLength: Number.POSITIVE_INFINITY };

/** Returns a digest of a value. V8's serializer would not do: it writes one number in two ways. */
function digest(value: unknown): string {
  return createHash('md5').update(inspect(value, WHOLE)).digest('base64');
}
