import { testAtomicWrites } from './living/atomic-writes.ts';
import { testExpiredEntries } from './living/expired-entries.ts';
import { livingContext } from './living/living-context.ts';
import { testQueues } from './living/queues.ts';
import { testSublevels } from './living/sublevels.ts';
import { testTwoProcesses } from './living/two-processes.ts';
import { testWatches } from './living/watches.ts';
import type { LivingPlace } from './living-places.ts';

/** Registers the tests that vaults of living data pass wherever they are. */
export function testLivingKVault(make: () => Promise<LivingPlace>, isShared: boolean): void {
  const living = livingContext(make);
  testExpiredEntries(living);
  testAtomicWrites(living);
  testSublevels(living);
  testWatches(living);
  testQueues(living);
  if (isShared) testTwoProcesses(living);
}
