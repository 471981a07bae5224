/**
 * Encodes and decodes the elements of one dtype. It throws an `EncodeError` for a value that does not fit and a
 * `DecodeError` for damaged bytes; `DataPacker` turns them into the user's errors.
 */
export interface Codec {
  /** The bytes of each element; 0 if they vary. */
  readonly size: number;
  /** Encodes one value. A codec of a fixed size may return fewer bytes than `size`; the missing ones are zeros. */
  encode(value: unknown): Uint8Array;
  /** Writes one value over `size` zeroed bytes. Only codecs of a fixed size have it; it saves an allocation. */
  encodeInto?(value: unknown, target: Buffer, offset: number): void;
  /** Decodes the value in a range. The range of a codec of a fixed size has `size` bytes. */
  decode(bytes: Buffer, start: number, end: number): unknown;
  /** Encodes all elements of a typed array or tensor at once; returns undefined if there is no fast way. */
  encodeBlock?(values: unknown): Buffer | undefined;
  /** Encodes all elements of a list at once, with their bounds; returns undefined if there is no fast way. */
  encodeList?(values: ArrayLike<unknown>, count: number): { data: Buffer; offsets: Float64Array } | undefined;
  /** Decodes the elements between bounds. The caller has checked that the bounds ascend and lie within the bytes. */
  decodeList?(bytes: Buffer, bounds: ArrayLike<number>): unknown[];
  /** Decodes `count` elements from the start of the bytes. The caller has checked that the bytes suffice. */
  decodeBlock?(bytes: Buffer, count: number): unknown;
}
