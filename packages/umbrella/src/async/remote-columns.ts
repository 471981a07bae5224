import type {
  AsyncColumns,
  ColumnEntry,
  ColumnOptions,
  ColumnVault,
  FrameSchema,
  NewColumnOptions,
} from '@kohakuvault/columns';
import type { DocumentDType, DType, Int64 } from '@kohakuvault/packer';
import type { Remote } from './remote.ts';
import { type RemoteColumn, remoteColumn } from './remote-column.ts';
import { type RemoteFrame, remoteFrame } from './remote-frame.ts';
import { type Asynchronous, type RemoteShape, remoteObject } from './remote-object.ts';

/** A `ColumnVault` in another thread. */
export interface RemoteColumns
  extends AsyncColumns,
    Omit<Asynchronous<ColumnVault, 'exportColumns'>, keyof AsyncColumns> {
  createColumn<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Promise<RemoteColumn<D, I, T>>;
  createColumn<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewColumnOptions,
  ): Promise<RemoteColumn<DocumentDType, 'bigint', T>>;
  ensure<D extends DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype: D,
    options?: NewColumnOptions<I>,
  ): Promise<RemoteColumn<D, I, T>>;
  ensure<T>(
    name: string,
    dtype: DocumentDType,
    options?: NewColumnOptions,
  ): Promise<RemoteColumn<DocumentDType, 'bigint', T>>;
  column<D extends DType = DType, I extends Int64 = 'bigint', T = unknown>(
    name: string,
    dtype?: D,
    options?: ColumnOptions<I>,
  ): Promise<RemoteColumn<D, I, T>>;
  column<T>(
    name: string,
    dtype: DocumentDType,
    options?: ColumnOptions,
  ): Promise<RemoteColumn<DocumentDType, 'bigint', T>>;
  listColumns(): Promise<ColumnEntry[]>;
  frame<const S extends FrameSchema>(name: string, schema: S): Promise<RemoteFrame<S>>;
  frame(name: string): Promise<RemoteFrame>;
}

const COLUMN = { make: remoteColumn, properties: ['name', 'dtype', 'layout'] };
const FRAME = { make: remoteFrame, properties: ['name', 'described'] };

const COLUMNS: RemoteShape = {
  iterations: [],
  objects: { createColumn: COLUMN, ensure: COLUMN, column: COLUMN, frame: FRAME },
};

/** Returns what stands for a `ColumnVault` in another thread. */
export function remoteColumns(remote: Remote): RemoteColumns {
  return remoteObject<RemoteColumns>(remote, COLUMNS);
}
