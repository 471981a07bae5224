import type { SQLInputValue, StatementSync } from 'node:sqlite';

/** What a row or a column's value may be. Integers are bigints until they are converted. */
type Row = Record<string, unknown> | unknown[];

const LEAST_INT = -0x80000000;
const MOST_INT = 0x7fffffff;

/**
 * A statement of `node:sqlite` with the methods of better-sqlite3's: values come as Buffers, rows as ordinary objects,
 * and integers as numbers unless `safeIntegers` asks for bigints.
 */
export class NodeStatement {
  readonly source: string;
  readonly #native: StatementSync;
  #pluck = false;
  #raw = false;
  #bigints: boolean;

  constructor(native: StatementSync, source: string, bigints: boolean) {
    this.#native = native;
    this.source = source;
    this.#bigints = bigints;
    // Otherwise an integer above 2^53 would be an error.
    native.setReadBigInts(true);
  }

  /** Whether it returns rows. */
  get reader(): boolean {
    return this.#native.columns().length > 0;
  }

  pluck(on = true): this {
    this.#pluck = on;
    if (on) this.#raw = false;
    this.#native.setReturnArrays(this.#pluck || this.#raw);
    return this;
  }

  raw(on = true): this {
    this.#raw = on;
    if (on) this.#pluck = false;
    this.#native.setReturnArrays(this.#pluck || this.#raw);
    return this;
  }

  safeIntegers(on = true): this {
    this.#bigints = on;
    return this;
  }

  columns(): {
    name: string;
    column: string | null;
    table: string | null;
    database: string | null;
    type: string | null;
  }[] {
    return this.#native.columns();
  }

  run(...parameters: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    const { changes, lastInsertRowid } = this.#native.run(...bound(parameters));
    return { changes: Number(changes), lastInsertRowid: this.#value(lastInsertRowid) as number | bigint };
  }

  get(...parameters: unknown[]): unknown {
    const row = this.#native.get(...bound(parameters)) as Row | undefined;
    return row === undefined ? undefined : this.#converted(row);
  }

  all(...parameters: unknown[]): unknown[] {
    return (this.#native.all(...bound(parameters)) as Row[]).map((row) => this.#converted(row));
  }

  *iterate(...parameters: unknown[]): IterableIterator<unknown> {
    for (const row of this.#native.iterate(...bound(parameters))) yield this.#converted(row as Row);
  }

  #converted(row: Row): unknown {
    if (this.#pluck) return this.#value((row as unknown[])[0]);
    if (Array.isArray(row)) return row.map((value) => this.#value(value));
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, this.#value(value)]));
  }

  #value(value: unknown): unknown {
    if (typeof value === 'bigint') return this.#bigints ? value : Number(value);
    return inBuffer(value);
  }
}

/** Returns bytes as a Buffer on the same memory, and anything else as it is. */
export function inBuffer(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Returns parameters as better-sqlite3 binds them: small whole numbers as integers, arrays as their elements. */
function bound(parameters: unknown[]): SQLInputValue[] {
  return parameters.flat().map((parameter) => {
    if (typeof parameter !== 'object' || parameter === null || ArrayBuffer.isView(parameter)) return integer(parameter);
    return Object.fromEntries(Object.entries(parameter).map(([name, value]) => [name, integer(value)]));
  }) as SQLInputValue[];
}

function integer(value: unknown): unknown {
  const isInteger = Number.isInteger(value) && !Object.is(value, -0);
  return isInteger && (value as number) >= LEAST_INT && (value as number) <= MOST_INT ? BigInt(value as number) : value;
}
