// Does one work once; `main.ts` starts a fresh process for it.
import { join } from 'node:path';
import { type Order, SETTINGS } from './order.ts';
import { WORKS } from './works.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const work = WORKS.find(({ name }) => name === order.work);
const cost = await work?.run({
  folder: order.folder,
  file: join(order.folder, 'data.db'),
  entries: order.entries,
  options: { ...SETTINGS[order.settings], pageSize: order.pageSize, idleCheckpoint: 0 },
});
process.send?.(typeof cost?.ns === 'number' ? { '': cost } : cost, () => process.exit());
