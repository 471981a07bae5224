// read-pairs.ts FILE LAST: reads two columns that are written together, until the last pair is there.
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { ColumnVault } from '@kohakuvault/columns';

const [file = '', last = '0'] = process.argv.slice(2);
const vault = new ColumnVault(file, { readonly: true });
const numbers = vault.column('numbers', 'i64');
const texts = vault.column('texts', 'str:utf8');

/** Returns the number of the last pair. Throws unless the columns agree in one file state. */
function readPair(): number {
  return vault.snapshot(() => {
    const [left, right] = [numbers.slice(), texts.slice()];
    if (left.length !== right.length || numbers.length !== texts.length || numbers.length !== left.length) {
      throw new Error(`${left.length} numbers (${numbers.length}), ${right.length} texts (${texts.length})`);
    }
    const odd = right.findIndex((text, index) => text !== `text ${left[index]}`);
    if (odd >= 0) throw new Error(`row ${odd}: ${left[odd]} beside ${JSON.stringify(right[odd])}`);
    if (texts.at(-1) !== right.at(-1) || numbers.at(-1) !== left.at(-1)) throw new Error('at() sees another state');
    return Number(left.at(-1) ?? 0);
  });
}

let seen = readPair();
process.send?.('ready');
while (seen < Number(last)) {
  await nextMacrotask();
  const pair = readPair();
  if (!(pair >= seen)) throw new Error(`the pair ${pair} was seen after the pair ${seen}`);
  seen = pair;
}
process.send?.(seen);
process.disconnect();
