/** The most objects for which searching a list is faster than a Set. */
const FEW = 16;

/** The objects of a value that have been written, numbered in the order in which they begin. */
export class SeenObjects {
  #inOrder: object[] = [];
  #many: Set<object> | undefined;
  /** Created when an object occurs again among many, which is rare. */
  #numbers: Map<object, number> | undefined;

  clear(): void {
    this.#inOrder = [];
    this.#many = undefined;
    this.#numbers = undefined;
  }

  /** Returns the number of an object that was added before; adds a new object with the next number and returns -1. */
  numberOf(object: object): number {
    const inOrder = this.#inOrder;
    const many = this.#many;
    if (many !== undefined) {
      // One access to the Set instead of two: its size shows whether the object is new.
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
