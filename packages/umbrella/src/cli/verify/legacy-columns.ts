import { ColumnVault, type ColumnView } from '@kohakuvault/columns';
import { infoOf, pagesOf } from '../columns/pages.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { plural } from '../terminal/text.ts';
import { ColumnTables, checkChunks } from './column-tables.ts';
import { ElementReads } from './element-reads.ts';
import { checked, type Findings, type VerifyContext } from './findings.ts';
import { verifyVariable } from './variable-column.ts';

/** That each column of `col_meta` has the chunks its length asks for, that indexes lead to elements, and that all can be read. */
export function* verifyLegacyColumns(file: OpenedFile, context: VerifyContext): Generator<Findings> {
  let vault: ColumnVault | undefined;
  let names: string[] = [];
  const listed = checked('columns', () => {
    // What is read once is not worth keeping.
    vault = new ColumnVault(file.source, { residentBytes: 0 });
    names = vault.listColumns().map(({ name }) => name);
  });
  if (!vault || !listed.isSound) {
    yield listed;
    return;
  }
  const tables = new ColumnTables(file.connection);
  const { column } = vault;
  for (const name of names.sort(byCodeUnits)) {
    yield checked(`column ${name}`, (findings) => {
      const found = column.call(vault as ColumnVault, name);
      verifyColumn(found, tables, findings, context);
    });
  }
  yield checked('chunks of columns', (findings) => {
    const orphans = tables.orphans();
    if (orphans > 0) findings.problem(`${plural(orphans, 'chunk')} of columns that do not exist`);
    findings.checked = 'each belongs to a column';
  });
}

function verifyColumn(column: ColumnView, tables: ColumnTables, findings: Findings, context: VerifyContext): void {
  // Asks the library, which refuses numbers that no column can have.
  const { length } = column;
  const reads = new ElementReads(column, findings, context);
  let chunks: number;
  if (infoOf(column).isVarsize) {
    chunks = verifyVariable(column, tables, findings, reads);
  } else {
    chunks = checkChunks(tables, tables.meta(column.name), findings);
    if (findings.isSound) for (const { start, end } of pagesOf(column)) reads.page(start, end);
  }
  findings.checked = `${plural(length, 'element')} in ${plural(chunks, 'chunk')}`;
}

function byCodeUnits(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}
