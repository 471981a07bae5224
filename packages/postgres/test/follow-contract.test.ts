// Columns are followed as `tail -f` follows a file: the same tests in a file, in a thread, on a server.
import { afterAll, describe } from 'vitest';
import { testFollowing } from './support/follow-contract.ts';
import { livingPlaces } from './support/living-places.ts';
import { stopServer } from './support/places.ts';

afterAll(stopServer);

for (const [name, make] of Object.entries(livingPlaces())) describe(name, () => testFollowing(make, name !== 'PGlite'));
