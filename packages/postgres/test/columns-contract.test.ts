// What columns do, in a file and on a server: the same tests for all.
import { afterAll, describe } from 'vitest';
import { testAsyncColumns } from './support/column-contract.ts';
import { places, stopServer } from './support/places.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(places())) describe(name, () => testAsyncColumns(make));
