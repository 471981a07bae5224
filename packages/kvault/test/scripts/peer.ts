// peer.ts FILE: another process with a vault on the file. It runs commands and reports when each begins and ends.
import { KVault } from '@kohakuvault/kvault';

export type Order =
  | { do: 'lock' | 'unlock' }
  /** The number of keys to set, each in a transaction of its own. */
  | { do: 'put'; name: string; count: number }
  /** The number of states to write, each of several keys in one transaction. */
  | { do: 'states'; count: number; keys: string[] };

const vault = new KVault(process.argv[2] ?? '');

process.on('message', (order: Order) => {
  // Reported before the work begins, since that blocks and the parent may wait for its beginning.
  process.send?.('begins', () => {
    carryOut(order);
    process.send?.('done');
  });
});

function carryOut(order: Order): void {
  switch (order.do) {
    case 'lock':
      vault.database.exec('BEGIN IMMEDIATE');
      break;
    case 'unlock':
      vault.database.exec('COMMIT');
      break;
    case 'put':
      for (let index = 0; index < order.count; index++) vault.set(`${order.name} ${index}`, index);
      break;
    case 'states':
      for (let turn = 1; turn <= order.count; turn++) {
        vault.transaction(() => {
          for (const key of order.keys) vault.set(key, { turn });
        });
      }
      break;
  }
}
