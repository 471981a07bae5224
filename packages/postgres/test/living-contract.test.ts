// Entries that expire, atomic writes, sublevels, watches and queues: the same tests in a file, in a thread, on a server.
import { afterAll, describe } from 'vitest';
import { testLivingKVault } from './support/living-contract.ts';
import { livingPlaces } from './support/living-places.ts';
import { stopServer } from './support/places.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(livingPlaces()))
  describe(name, () => testLivingKVault(make, name !== 'PGlite'));
