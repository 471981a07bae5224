// read-rows.ts FILE COLUMNS LAST: reads the lengths of columns that are written row by row, until all rows are there.
// Answers with the lengths of the first look at which they were not equal, or with null.
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { ColumnVault } from '@kohakuvault/columns';

const [file = '', count = '0', last = '0'] = process.argv.slice(2);
const vault = new ColumnVault(file, { readonly: true });
const columns = Array.from({ length: Number(count) }, (_, index) => vault.column(`c${index}`, 'f64'));
const look = () => vault.snapshot(() => columns.map((column) => column.length));

process.send?.('ready');
let unequal: number[] | null = null;
for (let lengths = look(); lengths.some((length) => length < Number(last)); lengths = look()) {
  if (new Set(lengths).size > 1) unequal ??= lengths;
  await nextMacrotask();
}
process.send?.(unequal);
process.disconnect();
