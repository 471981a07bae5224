import { isDuplicate } from '../client/driver-errors.ts';
import type { Session } from '../client/session.ts';
import type { Executor } from './executor.ts';

/**
 * Brings rows into a table by COPY, all or none. Returns false if the connection has no COPY, or if a row with one of the
 * keys is there already: COPY knows no conflicts, so other statements must write the rows then.
 */
export async function copiedIn(
  executor: Executor,
  text: string,
  count: number,
  rows: () => Buffer,
): Promise<boolean> {
  if (count === 0) return true;
  const copy = async (session: Session): Promise<boolean> => {
    if (!session.copyIn) return false;
    await session.copyIn(text, rows());
    return true;
  };
  try {
    // In a transaction of the user, what fails must be undone alone.
    return await (executor.inTransaction ? executor.atomically(copy) : executor.write(copy));
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
