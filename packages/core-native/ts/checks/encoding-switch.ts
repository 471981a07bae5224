import { InvalidArgument } from '../errors/errors.ts';
import { describe } from './options.ts';

/** Refuses to change how values are packed if the table has one encoding for all. */
export function refuseSwitch(method: string, table: string, encoding: string): void {
  if (encoding === 'auto') return;
  throw new InvalidArgument(
    `${method} belongs to the encoding 'auto'; the values of ${table} are encoded as ${describe(encoding)}`,
  );
}
