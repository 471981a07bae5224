import { KohakuVaultError } from '../errors/errors.ts';
import { makeNativeError } from '../errors/native-errors.ts';
import type { KvBinding } from './kv-binding.ts';
import type * as generated from './native.js';
import type { OrderedBinding } from './ordered-binding.ts';
import { TARGETS, targetOf } from './platform.ts';
import type { VectorBinding } from './vector-binding.ts';

const { createRequire } = process.getBuiltinModule('node:module');

/** A key of one column, or of several. */
export type BlobKey = BlobKeyPart | readonly BlobKeyPart[];
export type BlobKeyPart = string | number | bigint | Uint8Array;

/** The core's functions: the generated ones, and those registered by hand for speed, typed here. */
export interface NativeBinding extends Generated, KvBinding, OrderedBinding, VectorBinding {
  /** Takes the function that makes every error the core throws. */
  setErrorFactory(factory: typeof makeNativeError): void;
  /** Whether the handle's connection is open and belongs to this thread. */
  isOpen(handle: number): boolean;
  /** Throws KV_BUSY where it is called in the middle of another call on the connection, from a function of the user's. */
  refuseDuringCalls(handle: number): void;
  /** Runs one SQL statement that returns no rows. */
  execute(handle: number, sql: string): void;
  /** Opens a read transaction without BEGIN, until `releaseSnapshot`; does nothing while one is held. */
  holdSnapshot(handle: number): void;
  releaseSnapshot(handle: number): void;
  /** Moves when another connection has committed since this one last looked. */
  dataVersion(handle: number): number;
  /** The numbers of `Place`, which the core writes when SQLite tells it of something. */
  board(handle: number): ArrayBuffer;
  /** The head of the WAL's index; undefined outside WAL mode, true where it is the same memory as at the last call. */
  walIndex(handle: number): ArrayBuffer | true | undefined;
  /** Has SQLite tell of the transaction that is open, from now on at the latest; false where none is. Takes the right to write. */
  join(handle: number): boolean;
  /** Fills the target with steps of transactions that have not been told; how many they are. */
  takeSteps(handle: number, target: Int32Array): number;
  /** What is going on on the connection: bits of `Activity`. */
  activity(handle: number): number;
  /** Forgets the BLOB sites and tables made on the connection: nobody uses them any more. */
  forgetTables(handle: number): void;
  /** A number for a SELECT; the same for the same text. */
  createQuery(handle: number, sql: string): number;
  /** Its rows; `form` says how: see `database/query.ts`. */
  query(handle: number, number: number, parameters: readonly BlobKeyPart[], form: number): unknown;
  /** The value's size in bytes, -1 without such a row. */
  blobSize(handle: number, site: number, key: BlobKey): number;
  /** Fills `target` from `offset` on; the number of bytes read, -1 without such a row. */
  blobRead(handle: number, site: number, key: BlobKey, offset: number, target: ArrayBufferView): number;
  /** Overwrites from `offset` on; the number of bytes written, -1 without such a row. */
  blobWrite(handle: number, site: number, key: BlobKey, offset: number, source: ArrayBufferView): number;
  /** 1: the handle of a write is kept for the next one, and bars COMMIT; 0: no longer. */
  blobKeepWriter(handle: number, site: number, keep: 0 | 1): void;
  /** Copies bytes into fresh memory; worth a call from a megabyte or so on. */
  copyBytes(source: ArrayBufferView, target: ArrayBufferView): void;
  /** Casts elements into another element type: the index of the first that has no equal there, -1 when all went over. */
  castElements(source: ArrayBufferView, target: ArrayBufferView): number;
  /** Puts `rowBytes` bytes of data at a time into the target, each row behind the element type's code. */
  frameRows(code: number, data: ArrayBufferView, rowBytes: number, target: ArrayBufferView): void;
  /** Takes the codes out again: the index of the first row with another code, -1 when all have it. */
  unframeRows(code: number, framed: ArrayBufferView, rowBytes: number, target: ArrayBufferView): number;
}
type Generated = typeof generated;

/** The loaded core, and the file it came from, which SQLite loads as its extension. */
export interface NativeCore {
  binding: NativeBinding;
  file: string;
}

/** What stands for a value's length where `kvGetMany` and `kvPage` have no bytes of it. */
export const Mark = {
  /** There is no such key. */
  none: 0xffffffff,
  /** The value does not fit and has to be fetched by itself; also one that is no bytes at all. */
  apart: 0xfffffffe,
  /** The key is text or a number, which no vault writes and none finds. */
  foreignKey: 0xfffffffd,
} as const;

/** What a page scan is asked by its flags. */
export const PageFlag = { lowerInclusive: 1, upperInclusive: 2, reverse: 4, values: 8 } as const;

let loaded: NativeCore | undefined;

/** Names another build of the core to load, for those who work on it. */
export const OVERRIDE = 'KOHAKUVAULT_NATIVE';

/** Loads the core at its first use; importing a package loads nothing native. */
export function nativeCore(): NativeCore {
  if (!loaded) {
    const core = load(createRequire(import.meta.url));
    core.binding.setErrorFactory(makeNativeError);
    loaded = core;
  }
  return loaded;
}

function load(require: NodeJS.Require): NativeCore {
  const target = targetOf();
  const name = `@kohakuvault/core-native-${target}`;
  const override = process.env[OVERRIDE];
  let file: string;
  try {
    file = override ?? require.resolve(name);
  } catch (cause) {
    throw new KohakuVaultError(
      (TARGETS as readonly string[]).includes(target)
        ? `${name}, which holds the native core for this platform, is not installed: reinstall without --no-optional ` +
            'or --omit=optional, and on the platform the program runs on'
        : `no native core is published for ${target}; there is one for ${TARGETS.join(', ')}`,
      { code: 'KV_NATIVE_MISSING', cause },
    );
  }
  try {
    // V8 keeps an addon's many functions in a hash table that each call would look into. A prototype's properties it lays out to be found
    // at once.
    return { binding: Object.create(require(file)) as NativeBinding, file };
  } catch (cause) {
    throw new KohakuVaultError(
      `the native core was found at ${file} (${override === undefined ? name : OVERRIDE}) but the system refused to ` +
        `load it: ${cause instanceof Error ? cause.message : String(cause)}`,
      { code: 'KV_NATIVE_MISSING', cause },
    );
  }
}
