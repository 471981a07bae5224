/** Up to so many objects a list is searched faster than a Map. */
const FEW = 12;

/** The objects met while writing a value, numbered in the order they begin. */
export class SeenObjects {
  readonly #few: object[] = [];
  #many: Map<object, number> | undefined;

  clear(): void {
    this.#few.length = 0;
    this.#many = undefined;
  }

  /** The number of an object that was met before; -1 for a new one, which gets the next number. */
  numberOf(object: object): number {
    const many = this.#many;
    if (many !== undefined) {
      const number = many.get(object);
      if (number !== undefined) return number;
      many.set(object, many.size);
      return -1;
    }
    const few = this.#few;
    for (let index = 0; index < few.length; index++) if (few[index] === object) return index;
    few.push(object);
    if (few.length > FEW) this.#many = new Map(few.map((each, index) => [each, index]));
    return -1;
  }
}
