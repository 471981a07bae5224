import type { FieldsInput, FieldTypes } from './fields.ts';
import type { VectorIndexInfo } from './index-options.ts';
import type { Metric, VectorType } from './metrics.ts';
import type { IdInput, IdKind } from './vault-ids.ts';
import type { VectorLike } from './vector-format.ts';

/** The changes of an update: the vector, the value, fields, or several of them. */
export interface VectorChanges<V, F extends FieldTypes = FieldTypes> {
  vector?: VectorLike | undefined;
  value?: V | undefined;
  /** The fields to change. Null removes one; those that are left out stay. */
  fields?: FieldsInput<F> | undefined;
}

/** What `insert` accepts beside a vector and its value: its fields, and its id. */
export type VectorExtras<F extends FieldTypes, K extends IdKind> = FieldsInput<F> &
  (K extends 'str' ? { readonly id: string } : { readonly id?: IdInput<K> | undefined });

/** The same as an argument, which tables with ids of text need. */
export type ExtrasArgument<F extends FieldTypes, K extends IdKind> = K extends 'str'
  ? [extras: VectorExtras<F, K>]
  : [extras?: VectorExtras<F, K>];

/** A vector, its value and its extras for `insertMany`. */
export type NewVector<V, F extends FieldTypes, K extends IdKind> = readonly [
  vector: VectorLike,
  value: V,
  ...extras: ExtrasArgument<F, K>,
];

export interface VectorInfo {
  table: string;
  dimensions: number;
  metric: Metric;
  vectorType: VectorType;
  count: number;
  /** The types of the fields; left out without any. */
  fields?: FieldTypes;
  /** The kind of the ids; left out if they are integers. */
  ids?: 'str';
  /** The index; absent without one. */
  index?: VectorIndexInfo;
}
