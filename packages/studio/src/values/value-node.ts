import { inspect } from 'node:util';
import type { TypedArray } from '@kohakuvault/packer';
import type { ValueNode } from '../api/types.ts';
import { imageShapeOf } from './image-shape.ts';
import { bytesOf, entriesOf, isBytesName, isTensor, viewName } from './kinds.ts';
import { plainElement, plainNumber } from './plain-number.ts';

/** How much of a value a tree has. */
export interface TreeLimits {
  /** Nodes of the whole tree. */
  readonly nodes: number;
  /** Children of one object, from `start` on for the root. */
  readonly children: number;
  readonly characters: number;
  readonly bytes: number;
  readonly numbers: number;
  readonly depth: number;
  /** Where the children, characters, bytes or numbers of the root begin. */
  readonly start?: number;
}

export const WHOLE: TreeLimits = {
  nodes: 3_000,
  children: 100,
  characters: 2_000,
  bytes: 256,
  numbers: 100,
  depth: 24,
};

/** The tree of a cell in a table. */
export const CELL: TreeLimits = { nodes: 40, children: 8, characters: 200, bytes: 32, numbers: 8, depth: 4 };

/** Digits of a bigint that are shown. */
const MOST_DIGITS = 10_000;

/** Returns a value with its types. */
export function nodeOf(value: unknown, limits: TreeLimits = WHOLE): ValueNode {
  return new TreeBuilder(limits).node(value, 0);
}

class TreeBuilder {
  readonly #limits: TreeLimits;
  /** The nodes of objects, which get a number when they occur again. */
  readonly #seen = new Map<object, ValueNode & { id?: number }>();
  #lastId = 0;
  #left: number;

  constructor(limits: TreeLimits) {
    this.#limits = limits;
    this.#left = limits.nodes;
  }

  node(value: unknown, depth: number): ValueNode {
    this.#left--;
    switch (typeof value) {
      case 'undefined':
        return { t: 'undefined' };
      case 'boolean':
        return { t: 'boolean', v: value };
      case 'number':
        return { t: 'number', v: plainNumber(value) };
      case 'bigint':
        return bigintNode(value);
      case 'string':
        return this.#text(value, depth);
      case 'object':
        return value === null ? { t: 'null' } : this.#object(value, depth);
      default:
        return { t: 'other', name: typeof value, text: String(value) };
    }
  }

  #text(value: string, depth: number): ValueNode {
    const { start, end } = this.#window(value.length, this.#limits.characters, depth);
    const v = value.slice(start, end);
    return { t: 'string', v, length: value.length, ...cut(v.length < value.length) };
  }

  #object(value: object, depth: number): ValueNode {
    const known = this.#seen.get(value);
    if (known) {
      known.id ??= ++this.#lastId;
      return { t: 'ref', id: known.id };
    }
    const node = this.#shallow(value, depth);
    this.#seen.set(value, node);
    this.#fill(node, value, depth);
    return node;
  }

  /** Returns the node of an object without its children. */
  #shallow(value: object, depth: number): ValueNode {
    const name = viewName(value);
    if (name !== undefined)
      return isBytesName(name) ? this.#bytes(value, name, depth) : this.#array(value, name, depth);
    if (isTensor(value)) return this.#tensor(value, depth);
    if (Array.isArray(value)) return { t: 'array', length: value.length, items: [] };
    if (value instanceof Map) return { t: 'map', size: value.size, entries: [] };
    if (value instanceof Set) return { t: 'set', size: value.size, items: [] };
    if (value instanceof Date) return { t: 'date', v: Number.isNaN(value.getTime()) ? null : value.getTime() };
    if (value instanceof RegExp) return { t: 'regexp', source: value.source, flags: value.flags };
    if (value instanceof Error) {
      const { name: kind, message, stack } = value;
      return { t: 'error', name: String(kind), message: String(message), ...(stack ? { stack: String(stack) } : {}) };
    }
    if (isPlain(value)) return { t: 'object', size: Object.keys(value).length, entries: [] };
    return {
      t: 'other',
      name: value.constructor?.name ?? 'object',
      text: inspect(value, { depth: 1 }).slice(0, 1_000),
    };
  }

  #fill(node: ValueNode, value: object, depth: number): void {
    switch (node.t) {
      case 'array':
        node.items = this.#children(node, value as unknown[], depth);
        break;
      case 'set':
        node.items = this.#children(node, [...(value as Set<unknown>)], depth);
        break;
      case 'map': {
        const all = [...(value as Map<unknown, unknown>)];
        const shown = this.#shown(node, all, depth);
        node.entries = shown.map(([key, one]) => [this.node(key, depth + 1), this.node(one, depth + 1)]);
        break;
      }
      case 'object':
      case 'error': {
        const all = entriesOf(value);
        if (node.t === 'error' && all.length === 0) break;
        node.entries = this.#shown(node, all, depth).map(([name, one]) => [name, this.node(one, depth + 1)]);
        break;
      }
      default:
    }
  }

  #children(node: { cut?: true }, all: readonly unknown[], depth: number): ValueNode[] {
    return this.#shown(node, all, depth).map((one) => this.node(one, depth + 1));
  }

  /** Returns the children that the limits allow, and notes on the node whether there are more. */
  #shown<Child>(node: object, all: readonly Child[], depth: number): Child[] {
    const isDeep = depth >= this.#limits.depth;
    const { start, end } = this.#window(all.length, isDeep ? 0 : this.#limits.children, depth);
    const shown = all.slice(start, Math.min(end, start + Math.max(0, this.#left)));
    if (shown.length < all.length) (node as { cut?: true }).cut = true;
    return shown;
  }

  #bytes(value: object, name: string, depth: number): ValueNode {
    const bytes = bytesOf(value as ArrayBufferView);
    const { start, end } = this.#window(bytes.length, this.#limits.bytes, depth);
    const hex = bytes.toString('hex', start, end);
    return { t: 'bytes', name, length: bytes.length, hex, ...cut(hex.length < bytes.length * 2) };
  }

  #array(value: object, name: string, depth: number): ValueNode {
    const array = value as TypedArray;
    return { t: 'typed-array', name, length: array.length, ...this.#numbers(array, depth) };
  }

  #tensor(
    { data, shape, dtype }: { data: TypedArray; shape: readonly number[]; dtype: string },
    depth: number,
  ): ValueNode {
    const image = imageShapeOf(shape, dtype);
    return {
      t: 'tensor',
      dtype,
      shape: [...shape],
      length: data.length,
      ...this.#numbers(data, depth),
      ...(image ? { image } : {}),
    };
  }

  #numbers(array: TypedArray, depth: number) {
    const { start, end } = this.#window(array.length, this.#limits.numbers, depth);
    const v = Array.from(array.subarray(start, end) as ArrayLike<number | bigint>, plainElement);
    return { v, ...cut(v.length < array.length) };
  }

  /** The part of a sequence that is shown. Only that of the root may begin behind its beginning. */
  #window(length: number, most: number, depth: number): { start: number; end: number } {
    const start = depth === 0 ? Math.min(this.#limits.start ?? 0, length) : 0;
    return { start, end: Math.min(length, start + most) };
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function bigintNode(value: bigint): ValueNode {
  const digits = value.toString();
  if (digits.length <= MOST_DIGITS) return { t: 'bigint', v: digits };
  return { t: 'other', name: 'bigint', text: `${digits.slice(0, 100)}… (${digits.length} digits)` };
}

function cut(is: boolean): { cut?: true } {
  return is ? { cut: true } : {};
}
