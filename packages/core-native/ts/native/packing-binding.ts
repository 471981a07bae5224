/** The core's functions for sealed blocks. `code` is the `ElementCode` of numbers to pack as such, or 0 for bytes. */
export interface PackingBinding {
  /** Returns elements as a sealed block. `bounds` says where they end, after a first 0, if they vary in size. */
  sealBlock(code: number, data: ArrayBufferView, bounds: Float64Array | undefined): Buffer;
  /** Fills `data`, which has as many bytes as all elements, and `bounds` if they vary in size. */
  openBlock(
    code: number,
    sealed: ArrayBufferView,
    count: number,
    data: ArrayBufferView,
    bounds: Float64Array | undefined,
  ): void;
}
