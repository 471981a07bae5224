import { ColumnVault, type ColumnView } from '@kohakuvault/columns';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { closest, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { Call } from '../command/command.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { type Sink, writeTo } from '../formats/destination.ts';
import { formatOf } from '../formats/format.ts';
import { exportArrow } from './export-arrow.ts';
import { exportCsv } from './export-csv.ts';
import { exportNpy } from './export-npy.ts';

type Writer = (column: ColumnView, sink: Sink, progress: (done: number) => void) => Promise<void>;

const WRITERS = { npy: exportNpy, csv: exportCsv, arrow: exportArrow } as const satisfies Record<string, Writer>;

/** Writes one column to a file. Returns the number of elements. */
export async function exportColumn(
  file: OpenedFile,
  name: string,
  target: string,
  call: Call,
  asked: string | undefined,
): Promise<number> {
  const format = formatOf(target, asked, 'columns', ['npy', 'csv', 'arrow']);
  checkColumn(file, name);
  const column = new ColumnVault(file.source).column(name);
  using bar = call.progress({ label: 'exporting', unit: 'items', total: column.length });
  await writeTo(target, call.output, (sink) => WRITERS[format](column, sink, (done) => bar.update(done)));
  return column.length;
}

/** Refuses an unknown column with the closest name, and a column that this release does not read. */
function checkColumn(file: OpenedFile, name: string): void {
  const columns = columnInspector.list(file.database);
  const found = columns.find((column) => column.name === name);
  if (found?.layout === 'col') return;
  if (found) {
    throw new InvalidArgument(
      `the column ${name} has the layout of Python 1.x, which this release does not read; export it with the ` +
        'Python package',
    );
  }
  const names = columns.map((column) => column.name);
  const near = closest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.length > 0 ? names.join(', ') : 'no columns'}`;
  throw new NotFound(`there is no column ${name}; ${hint}`);
}
