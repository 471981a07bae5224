/** The length and the seed of the random tests. Both are printed, so that a failure can be repeated. */
export const LONG = Boolean(process.env.KOHAKUVAULT_LONG);
export const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);
