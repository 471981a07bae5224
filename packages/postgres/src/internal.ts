/** What the command line uses, in exact versions. Nothing here is stable for other code. */
export { storedAs } from './kvault/options.ts';
export { storedEntries } from './postgres-kvault.ts';
