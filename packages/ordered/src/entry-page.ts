import { decodeCopyFrom } from './value-copy.ts';

/** A page of entries. Values are decoded when they are read. */
export class EntryPage<K, V> {
  readonly #keys: K[];
  readonly #values: Buffer;
  readonly #ends: Float64Array;

  constructor([keys, values, ends]: [keys: unknown[], values: Buffer, ends: Float64Array]) {
    this.#keys = keys as K[];
    this.#values = values;
    this.#ends = ends;
  }

  get length(): number {
    return this.#keys.length;
  }

  key(at: number): K {
    return this.#keys[at] as K;
  }

  value(at: number): V {
    const start = at === 0 ? 0 : (this.#ends[at - 1] as number);
    return decodeCopyFrom(this.#values, start, this.#ends[at] as number) as V;
  }
}
