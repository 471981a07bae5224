// What vectors do, in a file and on a server: the same tests for all.
import { afterAll, describe } from 'vitest';
import { placesAndThreads, stopServer } from './support/places.ts';
import { testAsyncVectors } from './support/vector-contract.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(placesAndThreads())) {
  const hasPgvector = !name.startsWith('PostgreSQL') || Boolean(process.env.KOHAKUVAULT_PGVECTOR);
  if (hasPgvector) describe(name, () => testAsyncVectors(make));
}
