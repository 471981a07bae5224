/**
 * How Node finds the packages in processes that tests start: as users get them where the test command has just built
 * them, and else as their sources, which need no build.
 */
export const CONDITIONS: readonly string[] = process.env.KOHAKUVAULT_BUILT ? [] : ['--conditions=@kohakuvault/source'];
