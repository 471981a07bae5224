import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** An error that knows where in the given data it was met. */
abstract class Located extends Error {
  readonly path: (string | number)[] = [];

  /** Adds an outer step of the path, while the error travels up. */
  static within(error: unknown, step: string | number): unknown {
    if (error instanceof Located) error.path.unshift(step);
    return error;
  }

  /** The path as JavaScript would write it: `$.users[3].name`, `$` at the top. */
  get where(): string {
    const steps = this.path.map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      // A key may be as long as a value.
      const shown = step.length > LONGEST_STEP ? `${step.slice(0, LONGEST_STEP)}...` : step;
      return IDENTIFIER.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
    });
    return `$${steps.join('')}`;
  }
}

const LONGEST_STEP = 60;
const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** A value that an encoding cannot hold. Becomes an `InvalidArgument`. */
export class Refusal extends Located {}

/** Bytes that are not what the encoding prescribes. Becomes a `CorruptData`. */
export class Malformed extends Located {}

/** What an encoding threw, where it is about the value or the bytes; undefined for an error of the caller's own code. */
export function faultOf(error: unknown): Refusal | Malformed | undefined {
  if (error instanceof Located) return error;
  // V8 says so of a Proxy that was revoked, or whose traps break a rule of the language.
  if (!(error instanceof TypeError && /\bproxy\b/.test(error.message))) return undefined;
  return new Refusal(`it holds a Proxy that cannot be read: ${error.message}`, { cause: error });
}

/** Reads options or other arguments, which may be Proxies too. */
export function argumentsOf<T>(method: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const fault = faultOf(error);
    throw fault ? new InvalidArgument(`${method}: ${fault.message}`, { cause: error }) : error;
  }
}
