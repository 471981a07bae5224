/** The ranges of ids are those of all rows. */
export { ALL_IDS, type IdRange, idsAfter, type ResolvedIds, resolveIds } from '@kohakuvault/core-native/internal';
