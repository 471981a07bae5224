import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** The kinds of calls, in the order of the shim's `enum kind`. */
export const KINDS = ['write', 'sync', 'open', 'map', 'resize', 'unlink', 'read'] as const;
export type Kind = (typeof KINDS)[number];

/** The 64-bit numbers of the shim's `struct control`, in their order. */
const FIELDS = [
  // Whether calls are counted and fail at all; a bit for each kind that does; the call that fails, counted from 1.
  'armed',
  'mask',
  'at',
  'error',
  // All later calls fail too; the first half of the write happens; every call is recorded.
  'lasting',
  'half',
  'tracing',
  // Written by the shim: calls counted, calls that failed, the kind of the first of those, and calls recorded.
  'count',
  'failures',
  'firstKind',
  'operations',
] as const;
type Field = (typeof FIELDS)[number];

export const CONTROL_BYTES = FIELDS.length * 8;

export interface Fault {
  kinds: readonly Kind[];
  /** The call that fails, counted from 1; 0: none, so that calls are only counted. */
  at: number;
  errno: number;
  lasting: boolean;
  half: boolean;
}

/** The file through which this process controls its shim. */
export class Control implements Disposable {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  get(field: Field): number {
    const bytes = Buffer.alloc(8);
    readSync(this.#file, bytes, 0, 8, FIELDS.indexOf(field) * 8);
    return Number(bytes.readBigInt64LE());
  }

  set(field: Field, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.#file, bytes, 0, 8, FIELDS.indexOf(field) * 8);
  }

  /** Counts calls from now on, and makes the one fail that the fault names. */
  arm({ kinds, at, errno, lasting, half }: Fault): void {
    this.set(
      'mask',
      kinds.reduce((mask, kind) => mask | (1 << KINDS.indexOf(kind)), 0),
    );
    this.set('at', at);
    this.set('error', errno);
    this.set('lasting', Number(lasting));
    this.set('half', Number(half));
    for (const field of ['count', 'failures', 'firstKind'] as const) this.set(field, 0);
    this.set('armed', 1);
  }

  /** Runs a body whose calls neither fail nor are counted. */
  apart<T>(body: () => T): T {
    const armed = this.get('armed');
    this.set('armed', 0);
    try {
      return body();
    } finally {
      this.set('armed', armed);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
