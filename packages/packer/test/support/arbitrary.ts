import fc from 'fast-check';
import type { Tensor } from '../../src/elements/element-types.ts';

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
/** Strings of any code units, including halves of surrogate pairs. */
const anyString = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit }));
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.float(),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(Number),
  fc.bigInt({ min: -(2n ** 42n), max: 2n ** 42n }).map(Number),
  fc.constantFrom(-0, Number.NaN, 5e-324, 1e12, -1e12, 1e12 - 1, 2 ** 53, 2 ** 63, 2 ** 64),
  // Any bits: Python guesses whether they are an integer or a double.
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((bits) => new Float64Array(BigUint64Array.of(bits).buffer)[0] as number),
);
const anyBigInt = fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }));

const typedArray = fc.oneof(
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const tensor = fc
  .array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })
  .map(
    (shape): Tensor => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1.5), shape, dtype: 'f32' }),
  );

/** Values that contain no others. Objects are created each time. */
const single = fc.oneof(
  fc.constantFrom(null, true, false),
  anyNumber,
  anyBigInt,
  anyString,
  typedArray,
  tensor,
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => new DataView(Uint8Array.from(bytes).buffer)),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom('g', 'iu', '', 'dgimsuy').map((flags) => new RegExp('a(?<b>.)[/\n]', flags)),
  fc.oneof(anyNumber, fc.boolean(), anyString, anyBigInt).map((value) => Object(value)),
);

/** Values inside structures, including those that are converted or refused at the top level. */
const inner = fc.oneof(
  single,
  fc.constant(undefined),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
);

type Child = { leaf: unknown } | { node: number };
interface Plan {
  kind: 'array' | 'object' | 'map' | 'set' | 'error' | 'sparse';
  keys: string[];
  children: Child[];
}

const MOST_NODES = 12;
const child: fc.Arbitrary<Child> = fc.oneof(
  { weight: 3, arbitrary: inner.map((leaf) => ({ leaf })) },
  { weight: 2, arbitrary: fc.nat({ max: MOST_NODES - 1 }).map((node) => ({ node })) },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom('array', 'object', 'map', 'set', 'error', 'sparse'),
  keys: fc.array(fc.oneof(anyString, fc.constant('__proto__')), { minLength: 6, maxLength: 6 }),
  children: fc.array(child, { maxLength: 6 }),
});

/** Structures of objects that contain each other in any way: trees, shared objects, cycles. */
const graph = fc.array(plan, { minLength: 1, maxLength: MOST_NODES }).map((plans) => {
  const nodes = plans.map(({ kind }) => emptyNode(kind));
  for (const [index, { kind, keys, children }] of plans.entries()) {
    const values = children.map((each) => ('leaf' in each ? each.leaf : nodes[each.node % nodes.length]));
    fill(nodes[index] as object, kind, keys, values);
  }
  return nodes[0];
});

function emptyNode(kind: Plan['kind']): object {
  if (kind === 'map') return new Map();
  if (kind === 'set') return new Set();
  if (kind === 'error') return new RangeError('message');
  return kind === 'object' ? {} : [];
}

function fill(node: object, kind: Plan['kind'], keys: string[], values: unknown[]): void {
  for (const [index, value] of values.entries()) {
    const key = keys[index] ?? '';
    if (node instanceof Map) node.set(index % 2 ? value : key, value);
    else if (node instanceof Set) node.add(value);
    else if (node instanceof Error) Object.defineProperty(node, 'cause', { value, writable: true, configurable: true });
    else if (Array.isArray(node)) node[kind === 'sparse' ? index * 3 : index] = value;
    else Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** Plain documents, as in JSON. */
const json = fc.jsonValue({ maxDepth: 5, noUnicodeString: false });

export const anyValue: fc.Arbitrary<unknown> = fc.oneof(single, graph, json);
