/** The ids of vectors are those of rows. */
export { checkId, GREATEST_ID, LEAST_ID, type RowId as VectorId } from '@kohakuvault/core-native/internal';
