import type { Parameter } from '../client/session.ts';

/** The parameters of one statement. What is given twice is sent once. */
export class Parameters {
  readonly all: Parameter[] = [];
  readonly #places = new Map<string, string>();

  /** Adds a parameter of a type. Returns how the statement calls it. */
  add(parameter: string | number, type: string): string {
    const key = `${type} ${typeof parameter} ${parameter}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = `$${this.all.push(parameter)}::${type}`;
    this.#places.set(key, place);
    return place;
  }
}
