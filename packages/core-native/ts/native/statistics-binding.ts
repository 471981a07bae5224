/**
 * The core's functions for statistics, beside the generated ones. `code` is an `ElementCode`, and `numbers` are the bytes
 * of a piece of a sequence. NaN is left out.
 */
export interface StatisticsBinding {
  /** Determines what the `SummaryFlag` bits say, and puts it in the places of `SummaryPlace`. */
  numberSummary(code: number, numbers: ArrayBufferView, flags: number, target: Float64Array): void;
  /**
   * Adds to `counts`, by the next `KeyStep.bits` bits, the numbers whose keys begin with the `known` bits of `prefix`.
   */
  numberCounts(code: number, numbers: ArrayBufferView, prefix: number, known: number, counts: Float64Array): void;
  /** Puts the number that has a key into the target: as a double, or as a 64-bit integer. */
  numberOfKey(code: number, key: bigint, target: Float64Array): void;
  /** Adds the numbers between each two edges to a count. The last edge belongs to the last bin. */
  numberBins(code: number, numbers: ArrayBufferView, edges: Float64Array, counts: Float64Array): void;
  /** Returns the position of the first number from the first bound to the second, both included, or -1. */
  numberFind(code: number, numbers: ArrayBufferView, bounds: ArrayBufferView): number;
  /** Adds the numbers, from index `first` on, to the buckets between the bounds: `BucketPlace.places` for each. */
  numberBuckets(
    code: number,
    numbers: ArrayBufferView,
    first: number,
    bounds: Float64Array,
    buckets: Float64Array,
  ): void;
  /** Chooses points of the buckets. `means` are pairs, one more than buckets; `choices` begins as `ChoicePlace` says. */
  numberTriangles(
    code: number,
    numbers: ArrayBufferView,
    first: number,
    bounds: Float64Array,
    means: Float64Array,
    choices: Float64Array,
  ): void;
}
