// reads-overlapping.ts FILE MAX_BLOB_BYTES: reads a value by streams that overlap, until the parent is gone or says so. Says when it has begun, and when
// it has read enough of them.
import { KVault } from '@kohakuvault/kvault';
import { ENOUGH, readOverlapping } from '../overlapping.ts';

const [file = '', maxBlobBytes = ''] = process.argv.slice(2);
using vault = new KVault(file, { maxBlobBytes: Number(maxBlobBytes) });
let over = false;
const end = () => {
  over = true;
};
process.once('message', end).once('disconnect', end);
const reading = readOverlapping(
  vault,
  'read',
  () => over,
  (count) => count === ENOUGH && process.send?.('enough'),
);
process.send?.('ready');
await reading;
if (process.connected) process.disconnect();
