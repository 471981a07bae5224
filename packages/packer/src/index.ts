export {
  CorruptData,
  DatabaseBusy,
  type ErrorCode,
  InvalidArgument,
  IoError,
  KohakuVaultError,
  NotFound,
} from '@kohakuvault/core-native';
export {
  type BlockBounds,
  DataPacker,
  type PackedBlock,
} from './data-packer.ts';
export { type DTypeInfo, parseDType } from './dtypes/dtype.ts';
export type {
  BlockOf,
  BlockTensorOf,
  Dims,
  DocumentDType,
  DType,
  ElementOf,
  Int64,
  ScalarType,
  TextEncoding,
} from './dtypes/dtype-types.ts';
export type {
  Elements,
  InputOf,
  NestedBooleans,
  NestedNumbers,
  NumberArray,
  TensorInput,
  VectorInput,
} from './dtypes/input-types.ts';
export type { ElementInfo, ElementType, HalfArray, Tensor, TypedArray } from './elements/element-types.ts';
export type { DataPackerOptions } from './packer-arguments.ts';
export { type RecordFields, type RecordInputOf, type RecordOf, RecordPacker } from './record-packer.ts';
