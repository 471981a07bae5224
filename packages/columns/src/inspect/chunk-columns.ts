import type { ColumnView } from '@kohakuvault/columns';
import { plural } from '@kohakuvault/core-native/internal';
import { type Connection, examine, Findings, problemOf } from '@kohakuvault/core-native/internal/database';
import { pagesOf } from '../export/pages.ts';
import { ChunkTables, checkChunks } from './chunk-tables.ts';
import { ElementReads } from './element-reads.ts';
import { checkVariable } from './index-check.ts';

type Readers = Pick<typeof import('@kohakuvault/columns'), 'ColumnVault'> &
  Pick<typeof import('@kohakuvault/packer'), 'parseDType'>;

/**
 * Verifies the columns of `col_meta`: each has the chunks that its length needs, element indexes lead to elements, and
 * all elements can be read.
 */
export function* verifyChunkColumns(
  connection: Connection,
  { ColumnVault, parseDType }: Readers,
  progress: (done: number) => void,
): Generator<Findings> {
  let opened: InstanceType<typeof ColumnVault> | undefined;
  let names: string[];
  try {
    // Everything is read once, so a resident copy does not pay.
    opened = new ColumnVault(connection, { residentBytes: 0 });
    names = opened.listColumns().map(({ name }) => name);
  } catch (error) {
    opened?.close();
    const findings = new Findings('columns');
    findings.problem(problemOf(error));
    yield findings;
    return;
  }
  using vault = opened;
  const tables = new ChunkTables(connection);
  for (const name of names.filter((name) => tables.has(name)).sort(byCodeUnits)) {
    yield examine(`column ${name}`, (findings) => {
      const column = vault.column(name, undefined, { layout: '0.7' });
      const reads = new ElementReads(column, findings, progress);
      checkColumn(column, parseDType(column.dtype).isVarsize, tables, findings, reads);
    });
  }
  yield examine('chunks of columns', (findings) => {
    const orphans = tables.orphans();
    if (orphans > 0) findings.problem(`${plural(orphans, 'chunk')} of columns that do not exist`);
    findings.checked = 'each belongs to a column';
  });
}

function checkColumn(
  column: ColumnView,
  isVarsize: boolean,
  tables: ChunkTables,
  findings: Findings,
  reads: ElementReads,
): void {
  // The library refuses an impossible length here.
  const { length } = column;
  let chunks: number;
  if (isVarsize) {
    chunks = checkVariable(column, tables, findings, reads);
  } else {
    chunks = checkChunks(tables, tables.meta(column.name), findings);
    if (findings.isSound) for (const { start, end } of pagesOf(column)) reads.page(start, end);
  }
  findings.checked = `${plural(length, 'element')} in ${plural(chunks, 'chunk')}`;
}

function byCodeUnits(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}
