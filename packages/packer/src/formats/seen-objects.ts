/** Up to so many objects a list is searched faster than a Set. */
const FEW = 16;

/** The objects met while writing a value, numbered in the order they begin. */
export class SeenObjects {
  #inOrder: object[] = [];
  #many: Set<object> | undefined;
  /** Made when the first object is met again among many, which is seldom. */
  #numbers: Map<object, number> | undefined;

  clear(): void {
    this.#inOrder = [];
    this.#many = undefined;
    this.#numbers = undefined;
  }

  /** The number of an object that was met before; -1 for a new one, which gets the next number. */
  numberOf(object: object): number {
    const inOrder = this.#inOrder;
    const many = this.#many;
    if (many !== undefined) {
      // One look at the Set instead of two: its size tells whether the object is new.
      if (many.add(object).size === inOrder.length) return this.#numberAmongMany(object);
    } else {
      for (let index = 0; index < inOrder.length; index++) if (inOrder[index] === object) return index;
      if (inOrder.length === FEW) this.#many = new Set(inOrder).add(object);
    }
    inOrder.push(object);
    return -1;
  }

  #numberAmongMany(object: object): number {
    this.#numbers ??= new Map();
    const numbers = this.#numbers;
    const inOrder = this.#inOrder;
    for (let index = numbers.size; index < inOrder.length; index++) numbers.set(inOrder[index] as object, index);
    return numbers.get(object) as number;
  }
}
