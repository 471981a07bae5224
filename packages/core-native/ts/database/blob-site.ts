import { refuseDetached } from '../checks/detached.ts';
import { describe } from '../checks/options.ts';
import { InvalidArgument, NotFound } from '../errors/errors.ts';
import { type BlobKey, nativeCore } from '../native/binding.ts';
import { quoteIdentifier } from './identifiers.ts';
import type { SharedConnection } from './shared-connection.ts';

/** Which column's values, and by which columns their row is found. The table must have rowids. */
export interface BlobSiteDescription {
  table: string;
  column: string;
  key: string | readonly string[];
}

/**
 * Ranges of values read and written in place, however large the value. Each call finds the row by its key and is done
 * with the BLOB when it returns, so nothing goes stale and no other writer is kept waiting.
 */
export class BlobSite {
  readonly #connection: SharedConnection;
  readonly #table: string;
  readonly #site: number;
  readonly #keyColumns: number;
  readonly #binding = nativeCore().binding;

  /** @internal */
  constructor(connection: SharedConnection, { table, column, key }: BlobSiteDescription) {
    const keys = typeof key === 'string' ? [key] : [...key];
    for (const name of [table, column, ...keys]) quoteIdentifier(name);
    this.#connection = connection;
    this.#table = table;
    this.#keyColumns = keys.length;
    this.#site = connection.read(() => this.#binding.createBlobSite(connection.handle, table, column, keys));
  }

  /** The value's length in bytes, undefined without such a row. */
  size(key: BlobKey): number | undefined {
    this.#checkKey(key);
    this.#connection.touch();
    const size = this.#binding.blobSize(this.#connection.handle, this.#site, key);
    return size < 0 ? undefined : size;
  }

  /** Fills `target` with the value's bytes from `offset` on and returns how many there were: fewer at the value's end. */
  read(key: BlobKey, target: ArrayBufferView, offset = 0): number {
    this.#checkKey(key);
    checkOffset(offset);
    const bytes = bytesOf('target', target);
    this.#connection.touch();
    return this.#found(key, this.#binding.blobRead(this.#connection.handle, this.#site, key, offset, bytes));
  }

  /** Overwrites the value's bytes from `offset` on. The value keeps its length; what would reach past it is refused. */
  write(key: BlobKey, source: ArrayBufferView, offset = 0): number {
    this.#checkKey(key);
    checkOffset(offset);
    const bytes = bytesOf('source', source);
    const { handle } = this.#connection;
    return this.#found(
      key,
      this.#connection.write(() => this.#binding.blobWrite(handle, this.#site, key, offset, bytes)),
    );
  }

  /**
   * Runs a body of many writes to one value inside one transaction. Where a long value's pages are is then found out once
   * for all of them, and not again for each.
   */
  writing<T>(body: () => T): T {
    const { handle } = this.#connection;
    this.#binding.blobKeepWriter(handle, this.#site, 1);
    try {
      return body();
    } finally {
      this.#binding.blobKeepWriter(handle, this.#site, 0);
    }
  }

  #found(key: BlobKey, count: number): number {
    if (count < 0) throw new NotFound(`${this.#table} has no row with the key ${describe(key)}`);
    return count;
  }

  #checkKey(key: BlobKey): void {
    const parts: readonly unknown[] = Array.isArray(key) ? key : [key];
    if (parts.length !== this.#keyColumns) {
      throw new InvalidArgument(`the key has ${parts.length} parts; ${this.#table} needs ${this.#keyColumns}`);
    }
    for (const part of parts) {
      const known =
        typeof part === 'string' || typeof part === 'bigint' || Number.isFinite(part) || part instanceof Uint8Array;
      if (!known) {
        throw new InvalidArgument(
          `the key is ${describe(part)}; expected a string, a finite number, a bigint or bytes`,
        );
      }
    }
  }
}

function checkOffset(offset: unknown): void {
  if (!Number.isSafeInteger(offset) || (offset as number) < 0) {
    throw new InvalidArgument(`the offset is ${describe(offset)}; expected a whole number from 0 on`);
  }
}

/** The memory behind a view, whatever its element type, as the bytes the core takes. */
function bytesOf(what: string, view: ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(view)) {
    throw new InvalidArgument(`the ${what} is ${describe(view)}; expected a typed array, a Buffer or a DataView`);
  }
  refuseDetached(`the ${what}`, view);
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
