import type {
  Column,
  ColumnEntry,
  ColumnOptions,
  ColumnVault,
  NewColumnOptions,
  RangeOptions,
} from '@kohakuvault/columns';
import type { DocumentDType, DType, ElementOf, Int64 } from '@kohakuvault/packer';
import { ITSELF } from './messages.ts';
import type { Asynchronous, RemoteShape } from './remote-object.ts';

/** A `Column` in another thread. Its properties `length` and `bytes` are methods here. */
export type AsyncColumn<D extends DType = DType, I extends Int64 = 'bigint', T = unknown> = Asynchronous<
  Column<D, I, T>,
  'name' | 'dtype' | 'layout' | 'push' | 'quantile'
> &
  AsyncIterable<ElementOf<D, I, T>> & {
    readonly name: string;
    readonly dtype: D;
    readonly layout: Column['layout'];
    push(...values: Parameters<Column<D, I, T>['push']>): Promise<number>;
    quantile(which: number, options?: RangeOptions): Promise<number | undefined>;
    quantile(which: readonly number[], options?: RangeOptions): Promise<(number | undefined)[]>;
  };

/** A `ColumnVault` in another thread. */
export interface AsyncColumns
  extends Asynchronous<ColumnVault, 'column' | 'createColumn' | 'ensure' | 'frame' | 'exportColumns'> {
  /** Creates an empty column. Rejects with `InvalidArgument` if the name is taken. */
  createColumn<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  createColumn<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  /** Returns the column of this name, and creates it if it is missing. `InvalidArgument` if it has another dtype. */
  ensure<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  ensure<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  /** Returns the column of this name. `NotFound` if there is none, and `InvalidArgument` if it has another dtype. */
  column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype?: D,
    options?: ColumnOptions<I>,
  ): Promise<AsyncColumn<D, I, T>>;
  column<T>(
    name: string,
    dtype: DocumentDType,
    options?: ColumnOptions,
  ): Promise<AsyncColumn<DocumentDType, 'bigint', T>>;
  listColumns(): Promise<ColumnEntry[]>;
}

const COLUMN: RemoteShape = {
  iterations: { batches: false, follow: true },
  iterator: ITSELF,
};

const KEPT = { shape: COLUMN, properties: ['name', 'dtype', 'layout'] };

export const COLUMNS: RemoteShape = {
  iterations: { exportColumns: false },
  objects: { createColumn: KEPT, ensure: KEPT, column: KEPT },
};
