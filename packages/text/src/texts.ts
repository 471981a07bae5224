import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** The texts of a document: one for each column. With one column, the text alone will do. */
export type Texts<F extends string> = string | { readonly [column in F]: string };

/** Checks and reads the texts that users give, and makes those that they get. */
export class TextColumns {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** Returns the texts in the order of the columns. */
  read(owner: string, given: unknown): string[] {
    const texts = this.readSome(owner, given);
    return texts.map((text, place) => {
      if (text !== undefined) return text;
      throw new InvalidArgument(
        `${owner}: the text of ${describe(this.names[place])} is missing; a document has ${this.#expected()}`,
      );
    });
  }

  /** Returns the texts that are given, in the order of the columns; undefined for others. */
  readSome(owner: string, given: unknown): (string | undefined)[] {
    if (typeof given === 'string') {
      if (this.names.length === 1) return [given];
      throw new InvalidArgument(`${owner} got one text; a document has ${this.#expected()}`);
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new InvalidArgument(`${owner}: the texts are ${describe(given)}; expected ${this.#expected()}`);
    }
    const other = Object.keys(given).find((name) => !this.names.includes(name));
    if (other !== undefined) {
      throw new InvalidArgument(`${owner}: there is no column ${describe(other)}; a document has ${this.#expected()}`);
    }
    return this.names.map((name) => {
      const text = (given as Record<string, unknown>)[name];
      if (text === undefined || typeof text === 'string') return text;
      throw new InvalidArgument(`${owner}: the text of ${describe(name)} is ${describe(text)}; expected a string`);
    });
  }

  /** Makes an object of stored texts, which begin at a place of an array. */
  make(stored: readonly unknown[], first = 0): Record<string, string> {
    const texts: Record<string, string> = {};
    for (let place = 0; place < this.names.length; place++) {
      const text = stored[first + place];
      texts[this.names[place] as string] = typeof text === 'string' ? text : textOf(text);
    }
    return texts;
  }

  #expected(): string {
    return this.names.length === 1
      ? `a string, or { ${this.names[0]}: string }`
      : `{ ${this.names.map((name) => `${name}: string`).join(', ')} }`;
  }
}

/** Returns what another program has stored as text of another kind. */
function textOf(stored: unknown): string {
  if (stored === null || stored === undefined) return '';
  return Buffer.isBuffer(stored) ? stored.toString() : String(stored);
}
