const STORED = Symbol.for('kohakuvault.stored vectors');

/** The option of those who copy tables: a vector of the length 1 is written as it is, not with the bits of a new division. */
export const storedVectors: object = { [STORED]: true };

export function writesStored(options: object): boolean {
  return STORED in options;
}
