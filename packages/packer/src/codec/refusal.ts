/** A value that an encoding cannot hold, and where in the given value it was met. Becomes an `InvalidArgument`. */
export class Refusal extends Error {
  readonly path: (string | number)[] = [];

  /** Adds an outer step of the path, while the error travels up. */
  static within(error: unknown, step: string | number): unknown {
    if (error instanceof Refusal) error.path.unshift(step);
    return error;
  }

  /** The path as JavaScript would write it: `$.users[3].name`. */
  get where(): string {
    const steps = this.path.map((step) =>
      typeof step === 'number'
        ? `[${step}]`
        : /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(step)
          ? `.${step}`
          : `[${JSON.stringify(step)}]`,
    );
    return `$${steps.join('')}`;
  }
}

/** Bytes that are not what the encoding prescribes. Becomes a `CorruptData`. */
export class Malformed extends Error {}
