import type { Parameter } from '../../client/session.ts';

/** The parameters of one statement. What is given twice is sent once. */
export class Parameters {
  readonly all: Parameter[] = [];
  readonly #places = new Map<string, string>();

  /** Adds a parameter of a type. Returns how the statement calls it. */
  add(parameter: Parameter, type: string): string {
    const key = typeof parameter === 'object' ? undefined : `${type} ${typeof parameter} ${parameter}`;
    const known = key === undefined ? undefined : this.#places.get(key);
    if (known !== undefined) return known;
    const place = `$${this.all.push(parameter)}::${type}`;
    if (key !== undefined) this.#places.set(key, place);
    return place;
  }
}
