// changer.ts FILE SEED: another process that changes columns at random, once for each message.
import { ColumnVault } from '@kohakuvault/columns';
import { change, numbersOf } from '../support/random-changes.ts';

const vault = new ColumnVault(process.argv[2] ?? '');
const random = numbersOf(Number(process.argv[3]));

process.on('message', () => {
  process.send?.(change(vault, random));
});
process.send?.('ready');
