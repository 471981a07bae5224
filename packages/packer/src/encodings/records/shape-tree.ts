/** The keys of objects, as a tree: each node is an object whose keys are those on the way to it. */
export class ShapeTree {
  readonly #root = new ShapeNode();
  #unknown = 0;

  constructor(structures: readonly (readonly string[])[]) {
    for (const keys of structures) this.find(keys).isShared = true;
    this.#unknown = 0;
  }

  /** How many nodes were made for keys that are not structures. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Returns the node of an object's keys, and makes it the first time. */
  find(keys: readonly string[]): ShapeNode {
    let node = this.#root;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      let next = node.lastKey === key ? node.last : node.next?.get(key);
      if (!next) {
        next = new ShapeNode();
        node.next ??= new Map();
        node.next.set(key, next);
        this.#unknown++;
      }
      node.lastKey = key;
      node.last = next;
      node = next;
    }
    return node;
  }
}

export class ShapeNode {
  /** Whether the keys are a structure of the file. */
  isShared = false;
  /** How many objects with these keys were seen. */
  seen = 0;
  /** Whether the file does not take the keys as a structure. */
  isRefused = false;
  /** What asked last to add them to the file. */
  wantedBy: object | undefined;
  next: Map<string, ShapeNode> | undefined;
  /** The key that came last, and its node: most objects have the same keys as the one before. */
  lastKey: string | undefined;
  last: ShapeNode | undefined;
}
