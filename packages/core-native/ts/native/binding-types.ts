import type { makeNativeError } from '../errors/native-errors.ts';
import type { KvBinding } from './kv-binding.ts';
import type * as generated from './native.js';
import type { OrderedBinding } from './ordered-binding.ts';
import type { PackingBinding } from './packing-binding.ts';
import type { StatisticsBinding } from './statistics-binding.ts';
import type { TextBinding } from './text-binding.ts';
import type { VectorBinding } from './vector-binding.ts';
import type { WatchBinding } from './watch-binding.ts';

/** A key of one column, or of several. */
export type BlobKey = BlobKeyPart | readonly BlobKeyPart[];
export type BlobKeyPart = string | number | bigint | Uint8Array;

/** The core's functions: the generated ones, and those that are registered by hand for speed. */
export interface NativeBinding
  extends Generated,
    KvBinding,
    OrderedBinding,
    PackingBinding,
    StatisticsBinding,
    TextBinding,
    VectorBinding,
    WatchBinding {
  /** Takes the function that makes every error the core throws. */
  setErrorFactory(factory: typeof makeNativeError): void;
  /** Whether the handle's connection is open and belongs to this thread. */
  isOpen(handle: number): boolean;
  /** Whether the connection can only read. */
  isReadonly(handle: number): boolean;
  /** Throws KV_BUSY in the middle of another call on the connection, from which a function of the user's was called. */
  refuseDuringCalls(handle: number): void;
  /** Runs one SQL statement that returns no rows. */
  execute(handle: number, sql: string): void;
  /** Opens a read transaction without BEGIN, until `releaseSnapshot`. Does nothing while one is held. */
  holdSnapshot(handle: number): void;
  releaseSnapshot(handle: number): void;
  /** Returns a number that changes when another connection has committed since the last call. */
  dataVersion(handle: number): number;
  /**
   * Ends statements after so many milliseconds from now on. A negative number ends the limit. Returns the number of the
   * alarm that ends them; 0 if none does.
   */
  limitTime(handle: number, milliseconds: number): number;
  /** Ends the statements of a limit now, whichever thread they run in. Does nothing once the limit has ended. */
  ringAlarm(alarm: number): void;
  /** Returns the numbers of `Place`, which the core writes when SQLite reports something. */
  board(handle: number): ArrayBuffer;
  /** Returns the head of the WAL's index: undefined outside WAL mode, true for the same memory as at the last call. */
  walIndex(handle: number): ArrayBuffer | true | undefined;
  /** Has SQLite report the open transaction from now on. Returns false if none is open. Takes the right to write. */
  join(handle: number): boolean;
  /** Moves the steps of transactions since the last call to the target, as many as fit. Returns how many. */
  takeSteps(handle: number, target: Int32Array): number;
  /** Returns what happens on the connection: bits of `Activity`. */
  activity(handle: number): number;
  /** Forgets the BLOB sites, tables and queries of the connection. The caller uses none of them any more. */
  forgetTables(handle: number): void;
  /** Returns a number for a SELECT, the same one for the same text. */
  createQuery(handle: number, sql: string): number;
  /** Returns the rows of a query, in a form of `QueryForm` bits. */
  query(handle: number, number: number, parameters: readonly BlobKeyPart[], form: number): unknown;
  /** Returns the value's size in bytes, or -1 without such a row. */
  blobSize(handle: number, site: number, key: BlobKey): number;
  /** Fills `target` from `offset` on. Returns the number of bytes read, or -1 without such a row. */
  blobRead(handle: number, site: number, key: BlobKey, offset: number, target: ArrayBufferView): number;
  /** Returns whether the target was filled. */
  blobReadInPlace(handle: number, site: number, key: BlobKey, offset: number, target: ArrayBufferView): boolean;
  /** Overwrites from `offset` on. Returns the number of bytes written, or -1 without such a row. */
  blobWrite(handle: number, site: number, key: BlobKey, offset: number, source: ArrayBufferView): number;
  /** 1 keeps the handle of a write for the next one, which bars COMMIT. 0 closes it. */
  blobKeepWriter(handle: number, site: number, keep: 0 | 1): void;
  /** Copies bytes into fresh memory. This is worth a call from about a megabyte on. */
  copyBytes(source: ArrayBufferView, target: ArrayBufferView): void;
  /**
   * Casts elements, as bytes, from one type to another (both `ElementCode`). Returns the index of the first that has no
   * equal there, or -1 if all have.
   */
  castElements(from: number, source: ArrayBufferView, to: number, target: ArrayBufferView): number;
  /** Puts `rowBytes` bytes of data at a time into the target, each row after the element type's code. */
  frameRows(code: number, data: ArrayBufferView, rowBytes: number, target: ArrayBufferView): void;
  /** Takes the codes out again. Returns the index of the first row with another code, or -1 if all have it. */
  unframeRows(code: number, framed: ArrayBufferView, rowBytes: number, target: ArrayBufferView): number;
}
type Generated = typeof generated;
