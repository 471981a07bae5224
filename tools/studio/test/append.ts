// Another process: with each line on its standard input, it appends to a column and stores keys.
import { createInterface } from 'node:readline';
import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';

const [, , file = ''] = process.argv;
using vault = new KVault(file);
using columns = new ColumnVault(vault);
const loss = columns.ensure('loss', 'f64');
let turn = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  turn++;
  vault.transaction(() => {
    loss.append(1 / turn);
    vault.set('state', `after ${turn}`);
    vault.set(`new:${turn}`, turn);
  });
}
