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
      return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    });
    return `$${steps.join('')}`;
  }
}

const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** A value that an encoding cannot hold. Becomes an `InvalidArgument`. */
export class Refusal extends Located {}

/** Bytes that are not what the encoding prescribes. Becomes a `CorruptData`. */
export class Malformed extends Located {}
