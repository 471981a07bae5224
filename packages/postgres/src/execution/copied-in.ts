import { isDuplicate } from '../client/driver-errors.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from './executor.ts';

/**
 * Brings rows into a table by COPY, a batch at a time and all or none. Returns false if the connection has no COPY, or if a
 * row with one of the keys is there already: COPY knows no conflicts, so other statements must write the rows then.
 */
export async function copiedIn(executor: Executor, text: string, batches: readonly (() => Buffer)[]): Promise<boolean> {
  if (batches.length === 0) return true;
  const copy = async (session: Session): Promise<boolean> => {
    if (!session.copyIn) return false;
    for (const batch of batches) await session.copyIn(text, batch());
    return true;
  };
  // In a transaction of the user, what fails must be undone alone.
  const isOneStatement = batches.length === 1 && !executor.inTransaction;
  try {
    return await (isOneStatement ? executor.write(copy) : executor.atomically(copy));
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
