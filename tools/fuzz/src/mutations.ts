import type { Mutate } from './mutations/mutation.ts';
import { mutatePages } from './mutations/pages.ts';
import { mutateBytes, mutateRow, mutateSchema } from './mutations/tables.ts';
import { mutateWal } from './mutations/wal.ts';

/** The kinds of damage, by name. */
export const MUTATIONS: ReadonlyMap<string, Mutate> = new Map([
  ['bytes', mutateBytes],
  ['rows', mutateRow],
  ['schema', mutateSchema],
  ['pages', mutatePages],
  ['wal', mutateWal],
]);
