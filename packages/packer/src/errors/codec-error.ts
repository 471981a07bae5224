/** An error about a value or about bytes. It knows where in the value it occurred. */
export abstract class CodecError extends Error {
  readonly path: (string | number)[] = [];

  /** Adds an outer step to the path of a codec error that travels up, and returns the error. Others are unchanged. */
  static within(error: unknown, step: string | number): unknown {
    if (error instanceof CodecError) error.path.unshift(step);
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
