// What a dict does, in a file, in a thread and on a server: the same tests for all.
import { afterAll, describe } from 'vitest';
import { testAsyncKVault } from './support/contract.ts';
import { placesAndThreads, stopServer } from './support/places.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(placesAndThreads())) describe(name, () => testAsyncKVault(make));
