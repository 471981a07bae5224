import { arrowModule } from '@kohakuvault/columns/internal';

/** What is needed of the package apache-arrow beside what columns need. */
interface ArrowIpc {
  Table: new (vectors: Record<string, unknown>) => object;
  tableToIPC(table: object, type: 'stream'): Uint8Array;
  tableFromIPC(bytes: Uint8Array): { getChild(name: string): unknown };
}

const NAME = 'vector';

/** Returns a vector of Arrow as bytes, in the form in which Arrow is sent. */
export function arrowBytes(vector: unknown): Uint8Array {
  const arrow = arrowModule('toArrow', undefined) as unknown as ArrowIpc;
  return arrow.tableToIPC(new arrow.Table({ [NAME]: vector }), 'stream');
}

/** Returns the vector of these bytes, as the given module, or the installed one, makes it. */
export function arrowVector(bytes: Uint8Array, given: unknown): unknown {
  const arrow = arrowModule('toArrow', given) as unknown as ArrowIpc;
  return arrow.tableFromIPC(bytes).getChild(NAME);
}
