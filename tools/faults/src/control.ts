import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** What the shim tells apart, in the order of its `enum kind`. */
export const KINDS = ['write', 'sync', 'open', 'map', 'resize', 'unlink', 'read'] as const;
export type Kind = (typeof KINDS)[number];

/** The 64-bit numbers of the shim's `struct control`, in their order. */
const FIELDS = [
  // Whether calls are counted and fail at all; a bit for each kind that is; the call that fails, counted from 1.
  'armed',
  'mask',
  'at',
  'error',
  // All later ones fail too; the first half of the write happens; every call is written down.
  'lasting',
  'half',
  'tracing',
  // Told by the shim: calls counted, calls that failed, the kind of the first of those, and calls written down.
  'count',
  'failures',
  'firstKind',
  'operations',
] as const;
type Field = (typeof FIELDS)[number];

export const CONTROL_BYTES = FIELDS.length * 8;

export interface Fault {
  kinds: readonly Kind[];
  /** 0: none, so that calls are only counted. */
  at: number;
  errno: number;
  lasting: boolean;
  half: boolean;
}

/** The file by which the shim in this process is told what to do. */
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

  /** Counts calls from now on, and fails the one that the fault says. */
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
