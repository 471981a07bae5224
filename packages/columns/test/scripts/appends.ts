// appends.ts FILE COUNT: appends numbers to the column "n", each in a transaction of its own.
import { ColumnVault } from '@kohakuvault/columns';

const [file = '', count = '0'] = process.argv.slice(2);
using vault = new ColumnVault(file);
const column = vault.column('n', 'f64');
for (let nth = 0; nth < Number(count); nth++) column.append(nth);
