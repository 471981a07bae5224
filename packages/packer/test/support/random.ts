/** How long the random tests run, and from where: both are printed, so that a failure can be had again. */
export const LONG = Boolean(process.env.KOHAKUVAULT_LONG);
export const SEED = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 1e9);
