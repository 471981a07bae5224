import type { AsyncDocumentVault } from '@kohakuvault/postgres';
import { afterAll, beforeAll } from 'vitest';
import { embedWith } from '../../../../text/test/support/embed.ts';
import type { Place, SharedDocumentsOptions } from '../places.ts';

/** The length of the vectors of the model that vaults have unless a test gives another. */
export const DIMENSIONS = 16;

/** What the tests of documents share: a place, and vaults in it. */
export interface DocumentContext {
  readonly place: Place;
  /** Returns a name that no other vault of the place has. */
  nameOf(): string;
  open(name: string, options?: Partial<SharedDocumentsOptions>): Promise<AsyncDocumentVault>;
  fresh(options?: Partial<SharedDocumentsOptions>): Promise<AsyncDocumentVault>;
}

/** Makes a place before the tests of a suite, and ends it after them. */
export function documentContext(make: () => Promise<Place>): DocumentContext {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());
  const nameOf = () => `d${count++}`;
  const open = async (name: string, options: Partial<SharedDocumentsOptions> = {}) => {
    if (!place.documents) throw new Error(`${place.name} has no pgvector`);
    const defaults = { embed: embedWith(DIMENSIONS), dimensions: DIMENSIONS, chunk: { size: 80, overlap: 20 } };
    return await place.documents(name, { ...defaults, ...options });
  };
  return {
    get place() {
      return place;
    },
    nameOf,
    open,
    fresh: (options) => open(nameOf(), options),
  };
}
