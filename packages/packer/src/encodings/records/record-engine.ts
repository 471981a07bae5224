/** A library that encodes and decodes values whose structures are shared. Its errors may be of any class. */
export interface RecordEngine {
  /** The dates, in milliseconds around 1970, that the library returns unchanged. */
  readonly latestDate: number;
  /** Encodes a value all of whose objects have shared structures. */
  encodeShared(value: unknown): Buffer;
  /** Encodes a value some of whose objects have none. `isShared` tells which have. */
  encodeMixed(value: unknown): Buffer;
  /** Throws an `UnknownStructure` for a number that is not in the list. */
  decode(bytes: Buffer): unknown;
}

export interface EngineSetup {
  readonly structures: readonly (readonly string[])[];
  /** Whether an object has a shared structure. */
  isShared(object: object): boolean;
}

/** Bytes refer to a structure that the list does not have yet, or not at all. */
export class UnknownStructure extends Error {}

/** The most structures that an engine can number. */
export const NUMBERS = 8_160;

/** Refuses a structure that the library wants to make itself, as when a getter changes an object while it is encoded. */
export function refuseNewStructure(): never {
  throw new UnknownStructure('an object changed while it was encoded');
}
