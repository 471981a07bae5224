import { ColumnVault } from '@kohakuvault/columns';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { closest, NotFound } from '@kohakuvault/core-native/internal';
import type { Call } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { writeTo } from '../formats/destination.ts';
import { formatOf } from '../formats/format.ts';
import { exportNpy } from './export-npy.ts';

/** Writes columns of one length to a file. Returns the number of elements of each. */
export async function exportColumns(
  file: OpenedFile,
  names: readonly string[],
  target: string,
  call: Call,
  asked: string | undefined,
): Promise<number> {
  const format = formatOf(target, asked, 'columns', ['npy', 'csv', 'arrow']);
  const [name = '', second] = names;
  if (format === 'npy' && second !== undefined) {
    throw new UsageError(`.npy holds one column, got ${names.join(', ')}; export to .csv or .arrow, or one by one`);
  }
  const twice = names.find((each, index) => names.indexOf(each) < index);
  if (twice !== undefined) throw new UsageError(`--column ${twice} is given twice`);
  for (const each of names) checkColumn(file, each);
  const vault = new ColumnVault(file.source);
  const column = vault.column(name);
  using bar = call.progress({ label: 'exporting', unit: 'items', total: column.length });
  const onProgress = (done: number) => bar.update(done);
  if (format === 'npy') {
    await writeTo(target, call.output, (sink) => exportNpy(column, sink, onProgress));
    return column.length;
  }
  const parts = vault.exportColumns(names, { format, onProgress });
  await writeTo(target, call.output, async (sink) => {
    for (const part of parts) await sink.write(part);
  });
  return column.length;
}

/** Refuses an unknown column with the closest name. */
function checkColumn(file: OpenedFile, name: string): void {
  const columns = columnInspector.list(file.database);
  if (columns.some((column) => column.name === name)) return;
  const names = columns.map((column) => column.name);
  const near = closest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.length > 0 ? names.join(', ') : 'no columns'}`;
  throw new NotFound(`there is no column ${name}; ${hint}`);
}
