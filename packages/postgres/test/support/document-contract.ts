import { testDocumentCalls } from './documents/calls.ts';
import { documentContext } from './documents/document-context.ts';
import { testDocumentModels } from './documents/models.ts';
import { testDocumentSearches } from './documents/searches.ts';
import type { Place } from './places.ts';

/** Registers the tests that documents pass wherever they are stored. */
export function testAsyncDocuments(make: () => Promise<Place>): void {
  const context = documentContext(make);
  testDocumentCalls(context);
  testDocumentModels(context);
  testDocumentSearches(context);
}
