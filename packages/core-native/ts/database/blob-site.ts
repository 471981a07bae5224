import { refuseDetached } from '../checks/detached.ts';
import { describe } from '../checks/options.ts';
import { InvalidArgument, NotFound } from '../errors/errors.ts';
import { type BlobKey, nativeCore } from '../native/binding.ts';
import { isUint8Array } from '../realms/any-realm.ts';
import type { CoreAccess } from './core-access.ts';
import { quoteIdentifier } from './identifiers.ts';

/**
 * Names a column whose values are read and written in place, and the columns by which a row is found. The table must
 * have rowids.
 */
export interface BlobSiteDescription {
  table: string;
  column: string;
  key: string | readonly string[];
}

/**
 * Reads and writes ranges of values in place, however long the value. Each call finds the row by its key and ends its
 * use of the BLOB before it returns, so nothing becomes stale and no other writer waits.
 */
export class BlobSite {
  readonly #connection: CoreAccess;
  readonly #table: string;
  readonly #site: number;
  readonly #keyColumns: number;
  /** Whether the pages of the file may be read without SQLite: it is trusted and not encrypted. */
  readonly #isInPlace: boolean;
  readonly #binding = nativeCore().binding;

  /** @internal */
  constructor(connection: CoreAccess, { table, column, key }: BlobSiteDescription, inPlace = false) {
    const keys = typeof key === 'string' ? [key] : [...key];
    for (const name of [table, column, ...keys]) quoteIdentifier(name);
    this.#connection = connection;
    this.#table = table;
    this.#keyColumns = keys.length;
    this.#isInPlace = inPlace;
    this.#site = connection.read(() => this.#binding.createBlobSite(connection.handle, table, column, keys));
  }

  /** Returns the value's length in bytes; undefined without such a row. */
  size(key: BlobKey): number | undefined {
    this.#checkKey(key);
    this.#connection.prepareRead();
    const size = this.#binding.blobSize(this.#connection.handle, this.#site, key);
    return size < 0 ? undefined : size;
  }

  /**
   * Copies the value's bytes from `offset` on into `target`, and returns how many: fewer than `target` holds at the
   * value's end.
   */
  read(key: BlobKey, target: ArrayBufferView, offset = 0): number {
    this.#checkKey(key);
    checkOffset(offset);
    const bytes = viewAsBytes('target', target);
    this.#connection.prepareRead();
    return this.#found(key, this.#binding.blobRead(this.#connection.handle, this.#site, key, offset, bytes));
  }

  /**
   * Fills `target` with the value's bytes from `offset` on, from the pages of the file, which costs less than `read` for
   * a few bytes. Returns false if that is not possible, for whatever reason; then `read` tells.
   */
  readInPlace(key: BlobKey, target: Uint8Array, offset: number): boolean {
    if (!this.#isInPlace) return false;
    this.#connection.prepareRead();
    return this.#binding.blobReadInPlace(this.#connection.handle, this.#site, key, offset, target);
  }

  /** Overwrites the value's bytes from `offset` on. The value keeps its length; a write past its end is refused. */
  write(key: BlobKey, source: ArrayBufferView, offset = 0): number {
    this.#checkKey(key);
    checkOffset(offset);
    const bytes = viewAsBytes('source', source);
    const { handle } = this.#connection;
    return this.#found(
      key,
      this.#connection.write(() => this.#binding.blobWrite(handle, this.#site, key, offset, bytes)),
    );
  }

  /**
   * Runs a body of many writes to one value, inside one transaction. SQLite then finds the database pages of a long
   * value once, and not again for each write.
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
      throw new InvalidArgument(`${this.#table} expects a key of ${this.#keyColumns} parts, got ${parts.length}`);
    }
    for (const part of parts) {
      const known = typeof part === 'string' || typeof part === 'bigint' || Number.isFinite(part) || isUint8Array(part);
      if (!known) {
        throw new InvalidArgument(
          `${this.#table} expects a key to be a string, a finite number, a bigint or bytes, got ${describe(part)}`,
        );
      }
    }
  }
}

function checkOffset(offset: unknown): void {
  if (!Number.isSafeInteger(offset) || (offset as number) < 0) {
    throw new InvalidArgument(`blobs expect an offset to be a whole number from 0 on, got ${describe(offset)}`);
  }
}

/** Returns the memory behind a view, whatever its element type, as the bytes that the core takes. */
function viewAsBytes(what: string, view: ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(view)) {
    throw new InvalidArgument(
      `blobs expect a ${what} to be a typed array, a Buffer or a DataView, got ${describe(view)}`,
    );
  }
  refuseDetached(`the ${what}`, view);
  return isUint8Array(view) ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
