import type { Place } from './places.ts';
import { testRandomTextSearches } from './texts/random-searches.ts';
import { testTextRows } from './texts/rows.ts';
import { testTextSearches } from './texts/searches.ts';
import { textContext } from './texts/text-context.ts';
import { testTextTokens } from './texts/tokens.ts';

/** Registers the tests that texts pass wherever they are stored. */
export function testAsyncTexts(make: () => Promise<Place>): void {
  const context = textContext(make);
  testTextRows(context);
  testTextSearches(context);
  testRandomTextSearches(context);
  testTextTokens(context);
}
