import { afterAll, beforeAll } from 'vitest';
import type { AnyTexts, Place, SharedTextsOptions } from '../places.ts';

/** What the tests of texts share: a place, and vaults in it. */
export interface TextContext {
  readonly place: Place;
  /** Returns a name that no other vault of the place has. */
  nameOf(): string;
  fresh(options?: SharedTextsOptions): Promise<AnyTexts>;
  /** Makes a vault with texts whose values are 1, 2, 3 and so on. */
  filled(texts: readonly string[], options?: SharedTextsOptions): Promise<{ vault: AnyTexts; ids: readonly bigint[] }>;
  /** The tokenizers that the place has. */
  tokenizers(): ('unicode61' | 'porter' | 'words' | 'trigram')[];
}

/** Makes a place before the tests of a suite, and ends it after them. */
export function textContext(make: () => Promise<Place>): TextContext {
  let place: Place;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());
  const nameOf = () => `t${count++}`;
  const fresh = (options?: SharedTextsOptions) => place.texts(nameOf(), options);
  return {
    get place() {
      return place;
    },
    nameOf,
    fresh,
    filled: async (texts, options) => {
      const vault = await fresh(options);
      const ids = await vault.insertMany(texts.map((text, number) => [text, number + 1] as const));
      return { vault, ids };
    },
    tokenizers: () => ['unicode61', 'porter', 'words', ...(place.hasTrigrams ? (['trigram'] as const) : [])],
  };
}
