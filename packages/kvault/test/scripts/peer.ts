// peer.ts FILE: another process with a vault on the file, which does what it is told and then answers.
import { KVault } from '@kohakuvault/kvault';

export type Order =
  | { do: 'lock' | 'unlock' }
  /** So many keys, each in a transaction of its own. */
  | { do: 'put'; name: string; count: number }
  /** So many states, each of several keys and written as one. */
  | { do: 'states'; count: number; keys: string[] };

const vault = new KVault(process.argv[2] ?? '');

process.on('message', (order: Order) => {
  // Told before the work, which blocks, and only then begun: whoever gave the order may wait for it to begin.
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
