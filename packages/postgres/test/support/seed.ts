/** The seed of the random tests of this run. */
export const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);
