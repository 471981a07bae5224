import { ColumnVault } from '@kohakuvault/columns';
import { costOf, costOfEach } from './cost.ts';
import { placeOf } from './kv-works.ts';
import type { Setup, Work } from './work.ts';

const NUMBERS = 4_000_000;
const ITEMS = 100_000;

function vaultOf({ file, options }: Setup): ColumnVault {
  return new ColumnVault(file, options);
}

function numbers(setup: Setup) {
  const vault = vaultOf(setup);
  const column = vault.createColumn('numbers', 'f64');
  column.extend(new Float64Array(NUMBERS).fill(1.5));
  vault.checkpoint('truncate');
  return column;
}

function items(setup: Setup) {
  const vault = vaultOf(setup);
  const column = vault.createColumn('items', 'bytes');
  column.extend(Array.from({ length: ITEMS }, (_, index) => Buffer.alloc(100, index & 0x7f)));
  vault.checkpoint('truncate');
  return column;
}

export const columnWorks: Work[] = [
  {
    name: 'column: append f64, a commit each',
    run: async (setup) => {
      const column = numbers(setup);
      return costOfEach(4_000, (turn) => column.append(turn));
    },
  },
  {
    name: 'column: set f64 at random, a commit each',
    run: async (setup) => {
      const column = numbers(setup);
      return costOfEach(4_000, (turn) => column.set(placeOf(turn, ITEMS) * 40, turn));
    },
  },
  {
    name: 'column: append 100 B, a commit each',
    run: async (setup) => {
      const column = items(setup);
      return costOfEach(4_000, (turn) => column.append(Buffer.alloc(100, turn & 0x7f)));
    },
  },
  {
    name: 'column: set 100 B at random, a commit each',
    run: async (setup) => {
      const column = items(setup);
      return costOfEach(4_000, (turn) => column.set(placeOf(turn, ITEMS), Buffer.alloc(100, turn & 0x7f)));
    },
  },
  {
    name: 'column: extend by 4,000,000 f64, per element',
    run: (setup) => {
      const column = vaultOf(setup).createColumn('numbers', 'f64');
      return costOf(NUMBERS, () => column.extend(new Float64Array(NUMBERS).fill(1.5)));
    },
  },
  {
    name: 'column: at of f64 at random, cold',
    run: async (setup) => {
      numbers(setup);
      const vault = new ColumnVault(setup.file, { residentBytes: 0 });
      const column = vault.column('numbers', 'f64');
      return costOfEach(200, (turn) => column.at(placeOf(turn, ITEMS) * 40));
    },
  },
  {
    name: 'columns: append to 1,000 columns in one transaction, per element',
    run: async (setup) => {
      const vault = vaultOf(setup);
      const columns = Array.from({ length: 1_000 }, (_, index) => vault.createColumn(`c${index}`, 'f64'));
      const { ns, bytes } = await costOfEach(100, (turn) =>
        vault.transaction(() => {
          for (const column of columns) column.append(turn);
        }),
      );
      return { ns: ns / 1_000, bytes: bytes / 1_000 };
    },
  },
];
