/** The structures that the values of a file share. The list grows only; a rollback begins another generation. */
export interface StructureList {
  readonly known: readonly (readonly string[])[];
  readonly generation: number;
  /** Whether an object's keys may be added. */
  accepts(keys: readonly string[]): boolean;
  /** Reads what others have added. Returns whether there was anything. */
  load(): boolean;
  /** Adds structures in a transaction. Throws if nothing can be written now. */
  add(wanted: readonly (readonly string[])[]): void;
}

/** A list that stays empty: objects are encoded with their keys. */
export const NO_STRUCTURES: StructureList = {
  known: [],
  generation: 0,
  accepts: () => false,
  load: () => false,
  add: () => {},
};
