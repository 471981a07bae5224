// reads-overlapping.ts FILE MAX_BLOB_BYTES: reads a value by streams that overlap, until the parent is gone or says so.
import { KVault } from '@kohakuvault/kvault';
import { readOverlapping } from '../overlapping.ts';

const [file = '', maxBlobBytes = ''] = process.argv.slice(2);
using vault = new KVault(file, { maxBlobBytes: Number(maxBlobBytes) });
let over = false;
const end = () => {
  over = true;
};
process.once('message', end).once('disconnect', end);
const reading = readOverlapping(vault, 'read', () => over);
process.send?.('ready');
const count = await reading;
if (process.connected) process.send?.(count, () => process.disconnect());
