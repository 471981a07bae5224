import type { PlainNumber, ValueNode } from '../../src/api/types.ts';
import * as format from '../lib/format.ts';

export interface Child {
  readonly name: string;
  readonly node: ValueNode;
  /** Its place, or places: of an entry of a Map those of its key and its value. */
  readonly place: string;
  /** The key of an entry of a Map. */
  readonly key?: ValueNode;
}

/** Returns the children of a node; `start` is the place of the first. */
export function childrenOf(node: ValueNode, start = 0): readonly Child[] {
  switch (node.t) {
    case 'array':
    case 'set':
      return node.items.map((item, index) => ({
        name: node.t === 'array' ? String(start + index) : '',
        node: item,
        place: String(start + index),
      }));
    case 'object':
      return node.entries.map(([name, item], index) => ({ name, node: item, place: String(start + index) }));
    case 'error':
      return (node.entries ?? []).map(([name, item], index) => ({ name, node: item, place: String(start + index) }));
    case 'map':
      return node.entries.map(([key, item], index) => ({
        name: '',
        key,
        node: item,
        place: String(2 * (start + index) + 1),
      }));
    default:
      return [];
  }
}

/** How many children there are, those that are left out included. */
export function sizeOf(node: ValueNode): number {
  switch (node.t) {
    case 'array':
      return node.length;
    case 'object':
    case 'map':
    case 'set':
      return node.size;
    case 'error':
      return node.entries?.length ?? 0;
    default:
      return 0;
  }
}

export function plainNumber(value: PlainNumber | string): string {
  return typeof value === 'number' ? String(value) : value;
}

/** A value in a few words, for a cell or a row. */
export function summaryOf(node: ValueNode, depth = 0): string {
  switch (node.t) {
    case 'null':
    case 'undefined':
      return node.t;
    case 'boolean':
      return String(node.v);
    case 'number':
      return plainNumber(node.v);
    case 'bigint':
      return `${node.v}n`;
    case 'string':
      return depth === 0 ? node.v.slice(0, 300) : JSON.stringify(node.v.slice(0, 60));
    case 'date':
      return node.v === null ? 'Invalid Date' : format.time(node.v);
    case 'regexp':
      return `/${node.source}/${node.flags}`;
    case 'error':
      return `${node.name}: ${node.message}`;
    case 'bytes':
      return `${node.name}(${format.count(node.length)}) ${node.hex.slice(0, 32)}${node.length > 16 ? '…' : ''}`;
    case 'typed-array':
      return `${node.name}(${format.count(node.length)}) [${some(node.v.map(plainNumber), node.length)}]`;
    case 'tensor':
      return `${node.dtype} ${node.shape.join(' × ')} [${some(node.v.map(plainNumber), node.length)}]`;
    case 'array':
      if (depth > 1) return `Array(${format.count(node.length)})`;
      return `[${some(
        node.items.map((item) => summaryOf(item, depth + 1)),
        node.length,
      )}]`;
    case 'set':
      if (depth > 1) return `Set(${format.count(node.size)})`;
      return `Set {${some(
        node.items.map((item) => summaryOf(item, depth + 1)),
        node.size,
      )}}`;
    case 'object':
      if (depth > 1) return '{…}';
      return `{${some(
        node.entries.map(([name, item]) => `${name}: ${summaryOf(item, depth + 1)}`),
        node.size,
      )}}`;
    case 'map':
      if (depth > 1) return `Map(${format.count(node.size)})`;
      return `Map {${some(
        node.entries.map(([key, item]) => `${summaryOf(key, depth + 1)} → ${summaryOf(item, depth + 1)}`),
        node.size,
      )}}`;
    case 'ref':
      return `↑ ${node.id}`;
    case 'other':
      return `${node.name} ${node.text}`;
  }
}

/** A value in the cell of a table, where the column says what it is. */
export function cellOf(node: ValueNode): string {
  return node.t === 'bigint' ? node.v : summaryOf(node);
}

const TITLES = ['title', 'name', 'heading', 'subject'];

/** What a value is called, if it says so; otherwise the value in a few words; undefined for none. */
export function titleOf(node: ValueNode): string | undefined {
  if (node.t === 'null' || node.t === 'undefined') return undefined;
  if (node.t !== 'object') return summaryOf(node);
  for (const title of TITLES) {
    const found = node.entries.find(([name]) => name === title)?.[1];
    if (found?.t === 'string' && found.v !== '') return found.v;
  }
  return summaryOf(node);
}

const FEW = 6;

function some(parts: readonly string[], length: number): string {
  return parts.slice(0, FEW).join(', ') + (length > Math.min(FEW, parts.length) ? ', …' : '');
}

/** The class of the color of a value. */
export function kindClass(node: ValueNode): string {
  switch (node.t) {
    case 'string':
      return 'kind-text';
    case 'number':
    case 'typed-array':
    case 'tensor':
      return 'kind-number';
    case 'bigint':
      return 'kind-bigint';
    case 'date':
      return 'kind-time';
    case 'boolean':
      return 'kind-truth';
    case 'bytes':
    case 'regexp':
      return 'kind-bytes';
    case 'null':
    case 'undefined':
      return 'kind-none';
    default:
      return '';
  }
}
