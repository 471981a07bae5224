/** Returns whether to use colours: the options decide, then NO_COLOR, then whether the output is a terminal. */
export function colorWanted(stream: { isTTY?: boolean }, values: Record<string, unknown> = {}): boolean {
  if (values['no-color']) return false;
  if (values.color) return true;
  if (process.env.NO_COLOR) return false;
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** Adds colours to text, or leaves it unchanged. */
export class Style {
  readonly colored: boolean;

  constructor(colored: boolean) {
    this.colored = colored;
  }

  bold(text: string): string {
    return this.#wrap(text, 1, 22);
  }

  dim(text: string): string {
    return this.#wrap(text, 2, 22);
  }

  red(text: string): string {
    return this.#wrap(text, 31, 39);
  }

  green(text: string): string {
    return this.#wrap(text, 32, 39);
  }

  yellow(text: string): string {
    return this.#wrap(text, 33, 39);
  }

  cyan(text: string): string {
    return this.#wrap(text, 36, 39);
  }

  #wrap(text: string, on: number, off: number): string {
    return this.colored && text ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }
}
