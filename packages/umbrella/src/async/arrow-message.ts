import { ARROW_RULES, type ArrowOptions, arrowModule } from '@kohakuvault/columns/internal';
import { checkOptions } from '@kohakuvault/core-native/internal';
import type { Remote } from './remote.ts';

/** What is needed of the package apache-arrow beside what columns need. */
interface ArrowIpc {
  Table: new (vectors: Record<string, unknown>) => object;
  tableToIPC(table: object, type: 'stream'): Uint8Array;
  tableFromIPC(bytes: Uint8Array): { getChild(name: string): unknown };
}

const NAME = 'vector';

/** Returns a vector or a table of Arrow as bytes, in the form in which Arrow is sent. */
export function arrowBytes(made: unknown): Uint8Array {
  const arrow = arrowModule('toArrow', undefined) as unknown as ArrowIpc;
  const table = made instanceof arrow.Table ? made : new arrow.Table({ [NAME]: made });
  return arrow.tableToIPC(table, 'stream');
}

/** Has the thread make a vector or a table, and returns its bytes. */
export async function askArrow(remote: Remote, options: ArrowOptions | undefined): Promise<Uint8Array> {
  checkOptions('toArrow', options, ARROW_RULES);
  const { arrow, ...range } = options ?? {};
  arrowModule('toArrow', arrow);
  return (await remote.call('toArrow', [range])) as Uint8Array;
}

/** Returns the table of these bytes, as the given module, or the installed one, makes it. */
export function arrowTable(bytes: Uint8Array, given: unknown): unknown {
  return (arrowModule('toArrow', given) as unknown as ArrowIpc).tableFromIPC(bytes);
}

/** Returns the vector of these bytes, as the given module, or the installed one, makes it. */
export function arrowVector(bytes: Uint8Array, given: unknown): unknown {
  return (arrowTable(bytes, given) as ReturnType<ArrowIpc['tableFromIPC']>).getChild(NAME);
}
