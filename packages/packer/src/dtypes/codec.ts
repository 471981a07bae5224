/**
 * How the elements of one dtype become bytes and back. Values that do not fit are refused with a `Refusal`, bytes that do
 * not decode with a `Malformed`; `DataPacker` makes the user's errors of them.
 */
export interface Codec {
  /** Bytes of each element; 0 where they vary. */
  readonly size: number;
  /** One value's bytes. A fixed codec may give fewer than `size`; the rest is zero. */
  encode(value: unknown): Uint8Array;
  /** Writes one value where `size` zeroed bytes are; only of fixed codecs, where it saves an allocation. */
  encodeInto?(value: unknown, target: Buffer, offset: number): void;
  /** The value in a range; of a fixed codec `size` bytes long. */
  decode(bytes: Buffer, start: number, end: number): unknown;
  /** All of a typed array's or tensor's elements at once; undefined where it is none that has a fast way. */
  encodeBlock?(values: unknown): Buffer | undefined;
  /** All of a list's elements and their bounds at once; undefined where that has no fast way. */
  encodeList?(values: ArrayLike<unknown>, count: number): { data: Buffer; offsets: Float64Array } | undefined;
  /** The elements between so many bounds, which are known to be in order and within the bytes. */
  decodeList?(bytes: Buffer, bounds: ArrayLike<number>): unknown[];
  /** So many elements from the start of the bytes, which are known to be there. */
  decodeBlock?(bytes: Buffer, count: number): unknown;
}
