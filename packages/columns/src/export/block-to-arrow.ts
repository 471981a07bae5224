import type { ArrowModule } from '../arrow/load-arrow.ts';
import type { ColumnView } from '../elements/column-view.ts';
import type { EncodedBlock } from '../elements/encoded-block.ts';
import { arrowData } from './to-arrow.ts';

/** What a vector of Arrow needs to know of a column. */
interface Decoded {
  readonly name: string;
  readonly dtype: string;
  decode(block: EncodedBlock): unknown;
}

/** Returns the elements of a block that was read elsewhere as a vector of Arrow. */
export function blockToArrow(arrow: ArrowModule, { name, dtype, decode }: Decoded, block: EncodedBlock): unknown {
  const view: Partial<Record<keyof ColumnView, unknown>> = {
    name,
    dtype,
    buffers: () => block,
    slice: () => decode(block),
  };
  return arrow.makeVector(arrowData(arrow, view as unknown as ColumnView, { start: 0, end: block.count }));
}
