import type { ValueNode } from '../api/types.ts';

/** Returns a node as JSON that an agent reads: short, and with types only where JSON has none. */
export function plainOf(node: ValueNode): unknown {
  switch (node.t) {
    case 'null':
      return null;
    case 'undefined':
      return { $undefined: true };
    case 'boolean':
      return node.v;
    case 'number':
      return typeof node.v === 'number' ? node.v : { $number: node.v };
    case 'bigint':
      return { $bigint: node.v };
    case 'string':
      return node.cut ? `${node.v}… (${node.length} characters)` : node.v;
    case 'date':
      return { $date: node.v === null ? null : new Date(node.v).toISOString() };
    case 'array':
    case 'set':
      return marked(node, node.items.map(plainOf));
    case 'object':
      return marked(node, Object.fromEntries(node.entries.map(([name, one]) => [name, plainOf(one)])));
    case 'map':
      return {
        $map: node.entries.map(([key, one]) => [plainOf(key), plainOf(one)]),
        ...(node.cut && { size: node.size }),
      };
    default:
      return node;
  }
}

/** Says of a value that is cut how much there is. */
function marked(node: ValueNode & { cut?: true }, value: object): unknown {
  if (!node.cut) return value;
  const size = 'length' in node ? node.length : 'size' in node ? node.size : 0;
  return { $cut: value, size };
}
