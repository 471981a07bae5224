const { randomBytes } = process.getBuiltinModule('node:crypto');

/** The low bits of an id, which are left to chance; those above are the milliseconds since 1970. */
const RANDOM_BITS = 21n;

let last = 0n;

/**
 * Returns an id that is greater than those before it in this program, and with the greatest probability unlike all of
 * other programs. No sequence on the server would be shared by all writers, and insertions find out if an id is taken.
 */
export function newId(): bigint {
  const chance = BigInt(randomBytes(4).readUInt32LE()) & ((1n << RANDOM_BITS) - 1n);
  const id = (BigInt(Date.now()) << RANDOM_BITS) | chance;
  last = id > last ? id : last + 1n;
  return last;
}
