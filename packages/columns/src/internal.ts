/**
 * What sibling packages that keep columns elsewhere use, in exact versions. Nothing here is stable for other code. It
 * opens no SQLite.
 */
export { ARROW_RULES, type ArrowOptions } from './arrow/arrow-options.ts';
export type { ArrowTable, ArrowVector } from './arrow/arrow-types.ts';
export { arrowModule } from './arrow/load-arrow.ts';
export type {
  AsyncColumn,
  AsyncColumnOptions,
  AsyncColumns,
  AsyncFrame,
  AsyncNewColumnOptions,
} from './async-columns.ts';
export { type FrameWindow, findInBatches, rowsThatMeet } from './async-search.ts';
export { type BatchOptions, batchBounds, checkBatches } from './bulk/batches.ts';
export { copyIndexes, resolveIndexes } from './bulk/indexes.ts';
export { checkBound, checkIndex, clip, pick, resolveIndex } from './bulk/ranges.ts';
export type { ColumnEntry } from './chunks/column-catalog.ts';
export { bared, framed } from './elements/bare-vectors.ts';
export type { ColumnBuffers } from './elements/column-view.ts';
export { ElementCodec } from './elements/element-codec.ts';
export {
  cut,
  EMPTY_BLOCK,
  type EncodedBlock,
  gathered,
  indexOfBytes,
  indexOfNumber,
  joined,
  reversed,
  single,
} from './elements/encoded-block.ts';
export { copyInto, membersOfElement, roomOf } from './elements/read-into.ts';
export { recordDType, storedDType } from './elements/record-dtype.ts';
export { blocksToArrow, blockToArrow } from './export/block-to-arrow.ts';
export type { AsyncFollowing } from './following/async-following.ts';
export { checkFollow, type FollowOptions, firstFollowed } from './following/follow-options.ts';
export { elementsOf, type FollowedPage, placeIn } from './following/followed-pages.ts';
export { testOf } from './frame-conditions.ts';
export { checkFrameName, checkRow, checkSchema, columnName, namesOf, unequal, unknownColumn } from './frame-rules.ts';
export type {
  FrameBlocks,
  FrameConditions,
  FrameInput,
  FrameRow,
  FrameSchema,
} from './frame-types.ts';
export { PageSize } from './page-size.ts';
export {
  ColumnStatistics,
  type DownsampleOptions,
  type HistogramOptions,
  type NumberSummary,
  type VarianceOptions,
} from './statistics/column-statistics.ts';
export type { Points } from './statistics/downsample.ts';
export type { Histogram } from './statistics/histogram.ts';
export type { SumOf } from './statistics/number-methods.ts';
export { elementOf, type NumberSource, RANGE_RULES, type RangeOptions } from './statistics/number-source.ts';
export type { ValueRange } from './statistics/value-range.ts';
