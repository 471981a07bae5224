import { afterAll, beforeAll } from 'vitest';
import type { LivingPlace } from '../living-places.ts';
import type { AnyVault, SharedOptions } from '../places.ts';

/** What the tests of living data in one place share. */
export interface LivingContext {
  /** Known once the tests run. */
  readonly place: LivingPlace;
  /** Returns a name that no vault has. */
  nameOf(): string;
  /** Opens a vault with such a name. */
  fresh(options?: SharedOptions): Promise<AnyVault>;
}

/** Long ago: what expires then has expired. */
export const PAST = { expiresAt: 1 };

/** Makes a place before the tests, and closes it after them. */
export function livingContext(make: () => Promise<LivingPlace>): LivingContext {
  let place: LivingPlace | undefined;
  let count = 0;
  beforeAll(async () => {
    place = await make();
  });
  afterAll(async () => await place?.close());
  const nameOf = () => `l${count++}`;
  return {
    get place() {
      return place as LivingPlace;
    },
    nameOf,
    fresh: (options) => (place as LivingPlace).open(nameOf(), options),
  };
}
