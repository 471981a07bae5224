// Measures what the size of a database page costs and saves, over the public API. `docs/design/page-size.md` has a run.
//
//   node --conditions=@kohakuvault/source tools/bench/src/page-sizes/main.ts --help
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../statistics.ts';
import { format } from '../units.ts';
import type { Cost } from './cost.ts';
import { type Order, SETTINGS } from './order.ts';
import { WORKS } from './works.ts';

const USAGE = `page-sizes [options]

  --sizes LIST     the sizes of pages (4096,8192,16384,32768)
  --settings NAME  the memory of a connection: ${Object.keys(SETTINGS).join(', ')} (default)
  --rounds N       rounds to run (3)
  --only TEXT      only works whose names contain the text
  --large          also the works on files of gigabytes; with --entries N for their number of entries (5,000,000)
  --help           shows this`;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '4096,8192,16384,32768' },
    settings: { type: 'string', default: 'default' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    entries: { type: 'string', default: '5000000' },
    large: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Runs one work in a process of its own, in an empty folder. */
function carryOut(order: Omit<Order, 'folder'>): Promise<Record<string, Cost>> {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-page-sizes-'));
  return new Promise<Record<string, Cost>>((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'work-process.ts'), [JSON.stringify({ ...order, folder })]);
    let costs: Record<string, Cost> | undefined;
    child.on('message', (message) => {
      costs = message as Record<string, Cost>;
    });
    child.on('error', reject);
    child.on('exit', () => (costs ? resolve(costs) : reject(new Error(`${order.work} failed`))));
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

function cellOf(costs: readonly Cost[]): string {
  const time = format('ns', median(costs.map(({ ns }) => ns)));
  return `${time}, ${format('bytes', median(costs.map(({ bytes }) => bytes)))}`;
}

async function main(): Promise<void> {
  const sizes = values.sizes.split(',').map(Number);
  const works = WORKS.filter(({ name, large = false }) => large === values.large && name.includes(values.only));
  /** The costs of each work, by its name and the size of pages. */
  const all = new Map<string, Map<number, Cost[]>>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { name } of works) {
      for (const [turn] of sizes.entries()) {
        // The order rotates, so that no size always follows the slow one.
        const pageSize = sizes[(turn + round) % sizes.length] as number;
        const order = { work: name, pageSize, settings: values.settings, entries: Number(values.entries) };
        for (const [part, cost] of Object.entries(await carryOut(order))) {
          const row = part === '' ? name : `${name}: ${part}`;
          const bySize = all.get(row) ?? new Map<number, Cost[]>();
          all.set(row, bySize.set(pageSize, [...(bySize.get(pageSize) ?? []), cost]));
          console.error(`${row}, ${pageSize}: ${cellOf([cost])}`);
        }
      }
    }
  }
  const print = (cells: readonly unknown[]) => console.log(`| ${cells.join(' | ')} |`);
  print(['work', ...sizes]);
  print(['---', ...sizes.map(() => '---')]);
  for (const [row, bySize] of all) print([row, ...sizes.map((size) => cellOf(bySize.get(size) ?? []))]);
}

if (values.help) console.log(USAGE);
else await main();
