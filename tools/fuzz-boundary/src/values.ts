// Arguments: those that a function expects, and hostile ones.
import type { Random } from '../../testing/src/random.ts';

const { Float16Array } = globalThis as unknown as { Float16Array?: new (length: number) => ArrayBufferView };
/** Methods that Node has, and the types that are used here lack. */
interface Memory {
  readonly byteLength: number;
  readonly maxByteLength: number;
  readonly detached?: boolean;
  readonly resizable?: boolean;
  readonly growable?: boolean;
  resize(length: number): void;
  grow(length: number): void;
}
type MakeMemory = new (length: number, options?: { maxByteLength: number }) => ArrayBuffer & Memory;
const Plain = ArrayBuffer as unknown as MakeMemory;
const Shared = SharedArrayBuffer as unknown as MakeMemory;
const KINDS = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, ...(Float16Array ? [Float16Array] : [])],
] as unknown as (new (
  buffer: ArrayBufferLike,
  at?: number,
  length?: number,
) => ArrayBufferView)[];

const NUMBERS = [
  0,
  -0,
  1,
  2,
  3,
  7,
  8,
  63,
  64,
  100,
  255,
  256,
  1000,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
].concat([
  ...[2 ** 32, 2 ** 32 + 1, 2 ** 33, 2 ** 48, 2 ** 53 - 1, 2 ** 53, 2 ** 64, 1e300, Number.MAX_VALUE],
  ...[-1, -2, -(2 ** 31), -(2 ** 32), -(2 ** 53), 0.5, -1.5, 1e-9, Number.NaN, Infinity, -Infinity],
]);
const BIGINTS = [0n, 1n, -1n, 5n, 2n ** 31n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n, -(2n ** 100n)];
const STRINGS = [
  '',
  'a',
  'b',
  'key',
  'kv',
  'é',
  '😀',
  '\ud800',
  'a\0b',
  'x'.repeat(506),
  'é'.repeat(254),
  'y'.repeat(5000),
];

/** Makes arguments, and damages those that are in use. */
export class Values {
  readonly #random: Random;
  /** Memory of recent arguments: a getter or an SQL function detaches it, shrinks it or writes into it. */
  readonly #lent: (ArrayBuffer & Memory)[] = [];
  /** The action of a getter; the fuzzer sets it. */
  mischief: () => void = () => {};

  constructor(random: Random) {
    this.#random = random;
  }

  number(): number {
    return this.#random.oneIn(3) ? this.#random.below(1 << this.#random.below(30)) : this.#random.pick(NUMBERS);
  }

  small(): number {
    return this.#random.below(12);
  }

  bigint(): bigint {
    return this.#random.pick(BIGINTS);
  }

  string(): string {
    return this.#random.oneIn(2) ? `key${this.#random.below(30)}` : this.#random.pick(STRINGS);
  }

  #memory(): ArrayBuffer & Memory {
    const random = this.#random;
    if (this.#lent.length > 0 && random.oneIn(4)) return random.pick(this.#lent);
    const length = random.oneIn(8) ? random.below(300_000) : random.below(1 << random.below(13));
    const memory = random.oneIn(5)
      ? new Shared(length, random.oneIn(2) ? { maxByteLength: length + 64 } : undefined)
      : new Plain(length, random.oneIn(2) ? { maxByteLength: length + 64 } : undefined);
    new Uint8Array(memory).fill(random.below(256));
    this.#lent.push(memory);
    if (this.#lent.length > 12) this.#lent.shift();
    return memory;
  }

  /** Returns bytes of any type, which begin and end somewhere in some memory. */
  view(): ArrayBufferView {
    const random = this.#random;
    const memory = this.#memory();
    try {
      if (random.oneIn(2)) return new Uint8Array(memory);
      const at = random.below(memory.byteLength + 1);
      if (random.oneIn(3)) return new Uint8Array(memory, at, random.below(memory.byteLength - at + 1));
      if (random.oneIn(4)) return Buffer.from(memory, at);
      if (random.oneIn(8)) return new DataView(memory, at);
      return new (random.pick(KINDS))(
        memory,
        at & ~7,
        random.oneIn(2) ? undefined : random.below(memory.byteLength >> 3),
      );
    } catch {
      // The memory is detached, shrunk, or not a whole number of elements long.
      return new Uint8Array(random.below(100));
    }
  }

  /** Returns records as `kvWriteMany` takes them, sometimes damaged. */
  records(): Uint8Array {
    const random = this.#random;
    const parts: Buffer[] = [];
    for (let left = random.below(80); left > 0; left--) {
      const key = Buffer.from(`key${random.below(30)}`);
      const head = Buffer.alloc(8);
      const length = random.oneIn(20) ? random.below(70_000) : random.below(50);
      head.writeUInt32LE(key.length, 0);
      head.writeUInt32LE(random.oneIn(60) ? random.below(2 ** 32) : length, 4);
      parts.push(head, key, Buffer.alloc(length, left));
    }
    const packed = Buffer.concat(parts);
    const memory = new Plain(packed.length, { maxByteLength: packed.length + 8 });
    const view = new Uint8Array(memory);
    view.set(packed);
    this.#lent.push(memory);
    return view;
  }

  /** Returns an array whose elements may have getters. */
  array(element: () => unknown, most = 12): unknown[] {
    const random = this.#random;
    const array: unknown[] = Array.from({ length: random.below(most) }, element);
    for (let place = 0; place < array.length; place++) {
      if (!random.oneIn(6)) continue;
      const value = array[place];
      Object.defineProperty(array, place, {
        get: () => {
          this.mischief();
          return value;
        },
      });
    }
    if (random.oneIn(20)) array.length += random.below(3);
    return array;
  }

  /** Returns a hostile argument. */
  anything(): unknown {
    const random = this.#random;
    return random.pick<() => unknown>([
      () => undefined,
      () => null,
      () => random.oneIn(2),
      () => this.number(),
      () => this.bigint(),
      () => this.string(),
      () => Symbol('s'),
      () => () => this.mischief(),
      () => ({}),
      () => this.view(),
      () => this.array(() => this.string()),
      () => this.array(() => this.anything(), 4),
      () => new Proxy([1, 'a'], { get: (of, name) => this.#after(Reflect.get(of, name)) }),
      () => new Proxy(new Uint8Array(9), {}),
      () => ({ valueOf: () => this.#after(1), toString: () => this.#after('a'), length: 3, 0: 'a' }),
      () => new ArrayBuffer(8),
      () => new Date(0),
      () => Object.create(Uint8Array.prototype),
    ])();
  }

  #after<T>(value: T): T {
    this.mischief();
    return value;
  }

  /** Detaches, shrinks, grows or overwrites memory of recent arguments. */
  spoil(): void {
    const random = this.#random;
    if (this.#lent.length === 0) return;
    const memory = random.pick(this.#lent);
    const isShared = (memory as unknown) instanceof SharedArrayBuffer;
    const way = random.below(4);
    if (!isShared && memory.detached) return;
    if (way === 0) new Uint8Array(memory).fill(random.below(256));
    else if (way === 1 && !isShared) structuredClone(memory, { transfer: [memory] });
    else if (way === 2 && !isShared && memory.resizable) memory.resize(random.below(memory.byteLength + 1));
    else if (way === 3 && isShared && memory.growable)
      memory.grow(Math.min(memory.maxByteLength, memory.byteLength + 8));
  }
}
