/** What the command line uses, in exact versions. Nothing here is stable for other code. */
export { modelOf } from './documents/stored-model.ts';
export { LARGEST_KEY } from './kvault/keys.ts';
export { storedEntries } from './postgres-kvault.ts';
export { storedTexts } from './postgres-texts.ts';
export { storedVectors } from './postgres-vectors.ts';
export { storedJobs } from './queue/job-rows.ts';
export { storedAs } from './schema/stored-as.ts';
export type { StoredTextRow } from './texts/text-writes.ts';
export type { StoredVectorRow } from './vectors/vector-writes.ts';
