import { elementCount, isPlainBuffer } from '../../elements/memory.ts';
import { DEEPEST } from '../../formats/byte-writer.ts';
import type { ShapeNode, ShapeTree } from './shape-tree.ts';
import type { StructureList } from './structure-list.ts';

const NONE: readonly (readonly string[])[] = [];

const timeOf = Date.prototype.getTime;

/** An object must be seen so often before its keys become a structure: many have keys like no other. */
const SEEN = 2;

/** Up to so many objects, a search in a list costs less than a set. */
const FEW = 8;

/**
 * Looks at a value before a library encodes it: whether the library returns it unchanged, and which of its objects have
 * structures. Whatever is not plain data belongs to the default encoding.
 */
export class Survey {
  readonly #tree: ShapeTree;
  readonly #list: Pick<StructureList, 'accepts'>;
  readonly #latestDate: number;
  #wanted: (readonly string[])[] | undefined;
  /** Whether some object has no structure. */
  isMixed = false;
  /** The outermost object: most values have no other. */
  #outermost: object | undefined;
  /** The objects inside, while they are few. */
  #objects: object[] | undefined;
  #manyObjects: Set<object> | undefined;

  constructor(tree: ShapeTree, list: Pick<StructureList, 'accepts'>, latestDate: number) {
    this.#tree = tree;
    this.#list = list;
    this.#latestDate = latestDate;
  }

  /** The keys of objects that were seen often enough to share them. */
  get wanted(): readonly (readonly string[])[] {
    return this.#wanted ?? NONE;
  }

  /** Returns whether the library holds a value exactly. */
  isExact(value: unknown, depth = 0): boolean {
    switch (typeof value) {
      case 'string':
        return value.isWellFormed();
      case 'number':
        // Both libraries write -0 as 0.
        return value !== 0 || 1 / value > 0;
      case 'boolean':
        return true;
      case 'undefined':
        return depth > 0;
      case 'bigint':
        return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;
      case 'object':
        return value === null || this.#isExactObject(value, depth);
      default:
        return false;
    }
  }

  #isExactObject(value: object, depth: number): boolean {
    // An object that occurs twice would come back as two.
    if (depth === DEEPEST || !this.#isNew(value)) return false;
    // The libraries go by the constructor, which may be the object's own property.
    const maker: unknown = value.constructor;
    switch (Object.getPrototypeOf(value)) {
      case Object.prototype:
        return maker === Object && this.#areExactMembers(value as Record<string, unknown>, depth);
      case Array.prototype:
        return maker === Array && this.#areExactElements(value as unknown[], depth);
      case Buffer.prototype:
        return maker === Buffer && (isPlainBuffer(value) || elementCount(value as Buffer) === 0);
      case Date.prototype:
        return maker === Date && Math.abs(timeOf.call(value as Date)) <= this.#latestDate;
      default:
        return false;
    }
  }

  #isNew(value: object): boolean {
    if (this.#outermost === undefined) {
      this.#outermost = value;
      return true;
    }
    if (this.#manyObjects !== undefined) {
      const { size } = this.#manyObjects;
      return this.#manyObjects.add(value).size > size;
    }
    this.#objects ??= [];
    if (value === this.#outermost || this.#objects.includes(value)) return false;
    this.#objects.push(value);
    if (this.#objects.length === FEW) this.#manyObjects = new Set([this.#outermost, ...this.#objects]);
    return true;
  }

  #areExactElements(array: readonly unknown[], depth: number): boolean {
    for (let index = 0; index < array.length; index++) {
      const element = array[index];
      if (element === undefined && !(index in array)) return false;
      if (!this.isExact(element, depth + 1)) return false;
    }
    return true;
  }

  #areExactMembers(object: Record<string, unknown>, depth: number): boolean {
    const keys = Object.keys(object);
    const node = this.#tree.find(keys);
    if (!node.isShared) {
      if (!keys.every((key) => key !== '__proto__' && key.isWellFormed())) return false;
      if (++node.seen >= SEEN) this.#want(node, keys);
      this.isMixed = true;
    }
    for (let index = 0; index < keys.length; index++) {
      if (!this.isExact(object[keys[index] as string], depth + 1)) return false;
    }
    return true;
  }

  #want(node: ShapeNode, keys: readonly string[]): void {
    if (node.isRefused || node.wantedBy === this) return;
    node.wantedBy = this;
    node.isRefused = !this.#list.accepts(keys);
    if (node.isRefused) return;
    this.#wanted ??= [];
    this.#wanted.push(keys);
  }
}
