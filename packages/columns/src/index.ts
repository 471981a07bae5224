export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native';
export type {
  BackupOptions,
  BackupResult,
  CacheOptions,
  CheckpointMode,
  CheckpointResult,
  ConnectionOptions,
  DatabaseSource,
  RestoreOptions,
} from '@kohakuvault/core-native/database';
export { restore } from '@kohakuvault/core-native/database';
export type {
  BlockOf,
  BlockTensorOf,
  DocumentDType,
  DType,
  ElementOf,
  Elements,
  InputOf,
  Int64,
  Tensor,
  TypedArray,
} from '@kohakuvault/packer';
export type { ArrowOptions } from './arrow/arrow-options.ts';
export type { ArrowElements, ArrowTable, ArrowVector } from './arrow/arrow-types.ts';
export { asAsync } from './as-async.ts';
export type { AsyncColumn, AsyncColumns, AsyncFrame } from './async-columns.ts';
export type { BatchOptions } from './bulk/batches.ts';
export type { ColumnEntry } from './chunks/column-catalog.ts';
export type { Column } from './column.ts';
export { ColumnVault } from './column-vault.ts';
export type { ConvertProgress } from './convert-columns.ts';
export type { ColumnStats, Layout } from './elements/column-store.ts';
export type { ColumnBuffers, ColumnView } from './elements/column-view.ts';
export type { Compression } from './elements/compression.ts';
export type { ExportOptions } from './export/export-columns.ts';
export type { AsyncFollowing } from './following/async-following.ts';
export type { Following } from './following/follow.ts';
export type { FollowOptions } from './following/follow-options.ts';
export type { Frame } from './frame.ts';
export type {
  FrameBlocks,
  FrameBlocksInput,
  FrameColumns,
  FrameConditions,
  FrameInput,
  FrameRow,
  FrameSchema,
} from './frame-types.ts';
export type { ColumnOptions, ColumnVaultOptions, NewColumnOptions } from './options.ts';
export type {
  DownsampleOptions,
  HistogramOptions,
  NumberSummary,
  VarianceOptions,
} from './statistics/column-statistics.ts';
export type { DownsampleMethod, Points } from './statistics/downsample.ts';
export type { Histogram } from './statistics/histogram.ts';
export type { RangeOptions } from './statistics/number-source.ts';
export type { ValueRange } from './statistics/value-range.ts';
