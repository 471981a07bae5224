import type { ArrowModule } from '../arrow/load-arrow.ts';
import type { ColumnView } from '../elements/column-view.ts';
import type { EncodedBlock } from '../elements/encoded-block.ts';
import { arrowData, arrowTable } from './to-arrow.ts';

/** What Arrow needs to know of a column. */
interface Decoded {
  readonly name: string;
  readonly dtype: string;
  decode(block: EncodedBlock): unknown;
}

/** Returns the elements of a block that was read elsewhere as a vector of Arrow. */
export function blockToArrow(arrow: ArrowModule, column: Decoded, block: EncodedBlock): unknown {
  return arrow.makeVector(dataOf(arrow, column, block));
}

/** Returns blocks of columns of one length, which were read elsewhere, as a table of Arrow. */
export function blocksToArrow(
  arrow: ArrowModule,
  names: readonly string[],
  columns: readonly { readonly column: Decoded; readonly block: EncodedBlock }[],
): unknown {
  return arrowTable(
    arrow,
    names,
    columns.map(({ column, block }) => dataOf(arrow, column, block)),
  );
}

function dataOf(arrow: ArrowModule, { name, dtype, decode }: Decoded, block: EncodedBlock): unknown {
  const view: Partial<Record<keyof ColumnView, unknown>> = {
    name,
    dtype,
    buffers: () => block,
    slice: () => decode(block),
  };
  return arrowData(arrow, view as unknown as ColumnView, { start: 0, end: block.count });
}
