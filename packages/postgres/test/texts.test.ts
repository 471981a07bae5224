// What texts do, in a file and on a server: the same tests for all.
import { afterAll, describe } from 'vitest';
import { placesAndThreads, stopServer } from './support/places.ts';
import { testAsyncTexts } from './support/text-contract.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(placesAndThreads())) describe(name, () => testAsyncTexts(make));
