const { randomBytes } = process.getBuiltinModule('node:crypto');

/**
 * Makes ids of the time in their high bits and chance in the low ones. Each is greater than those before it in this
 * program, and with the greatest probability unlike those of other programs. No sequence on the server would be shared by
 * all writers, and insertions find out if an id is taken.
 */
class NewIds {
  readonly #since: bigint;
  readonly #bits: bigint;
  #last = 0n;

  /** `bits` are left to chance; those above are the milliseconds since a time. */
  constructor(since: number, bits: bigint) {
    this.#since = BigInt(since);
    this.#bits = bits;
  }

  next(): bigint {
    const chance = BigInt(randomBytes(4).readUInt32LE()) & ((1n << this.#bits) - 1n);
    const id = ((BigInt(Date.now()) - this.#since) << this.#bits) | chance;
    this.#last = id > this.#last ? id : this.#last + 1n;
    return this.#last;
  }

  /** Goes on elsewhere, after an id that was taken: another program may have taken those behind it too. */
  skip(): bigint {
    this.#last += BigInt(randomBytes(4).readUInt32LE()) & ((1n << this.#bits) - 1n);
    return this.next();
  }
}

/** The ids of vectors, which have 64 bits. */
export const vectorIdMaker = new NewIds(0, 21n);

/** The ids of jobs, as those of texts. */
export const jobIdMaker = new NewIds(Date.UTC(2020, 0), 13n);

/** The ids of texts: numbers of up to 53 bits, which are exact in JavaScript and in files, until the year 2054. */
export const textIdMaker = new NewIds(Date.UTC(2020, 0), 13n);
