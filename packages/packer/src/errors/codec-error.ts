/** An error about a value or about bytes. It knows where in the value it occurred. */
export abstract class CodecError extends Error {
  readonly path: (string | number)[] = [];

  /** Adds an outer step to the path of a codec error that travels up, and returns the error. Others are unchanged. */
  static within(error: unknown, step: string | number): unknown {
    if (isCodecError(error)) error.path.unshift(step);
    return error;
  }

  /** The path as JavaScript would write it: `$.users[3].name`, `$` at the top. */
  get where(): string {
    const steps = this.path.map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      // A key may be as long as a value.
      const shown = step.length > LONGEST_STEP ? `${step.slice(0, LONGEST_STEP)}...` : step;
      return isIdentifier(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
    });
    return `$${steps.join('')}`;
  }
}

// Outside of the class: a bundler renames a class that mentions itself.
function isCodecError(error: unknown): error is CodecError {
  return error instanceof CodecError;
}

const LONGEST_STEP = 60;
// A text: V8 looks up a class such as `\p{ID_Start}` when it parses a literal, even of a function that is never called.
const IDENTIFIER = '^[\\p{ID_Start}_$][\\p{ID_Continue}$]*$';
let identifier: RegExp | undefined;

function isIdentifier(text: string): boolean {
  identifier ??= new RegExp(IDENTIFIER, 'u');
  return identifier.test(text);
}
