import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The query parameters of a request, read with checks. */
export class Params {
  readonly #query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  /** Returns a text that must be there. */
  text(name: string): string {
    const value = this.#query.get(name);
    if (value !== null) return value;
    throw new InvalidArgument(`the request has no ${name}; add ?${name}=…`);
  }

  optionalText(name: string): string | undefined {
    return this.#query.get(name) ?? undefined;
  }

  /** Returns all values of a parameter that may be repeated. */
  texts(name: string): string[] {
    return this.#query.getAll(name);
  }

  /** Whether a switch is on: `name=1`. */
  flag(name: string): boolean {
    const value = this.#query.get(name);
    if (value === null || value === '0' || value === '1') return value === '1';
    throw new InvalidArgument(`${name} is ${describe(value)}; expected 1 or 0`);
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.optionalText(name);
    if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
    throw new InvalidArgument(`${name} is ${describe(value)}; expected ${choices.join(', ')}`);
  }

  /** Returns a number that must be there. */
  neededWhole(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    this.text(name);
    return this.whole(name, { least, most }) as number;
  }

  whole(name: string, limits: { least: number; most?: number }): number | undefined {
    const value = this.number(name);
    const { least, most = Number.MAX_SAFE_INTEGER } = limits;
    if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return value;
    throw new InvalidArgument(`${name} is ${value}; expected a whole number from ${least} to ${most}`);
  }

  number(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new InvalidArgument(`${name} is ${describe(text)}; expected a number`);
  }
}
