import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** The header of a `.npy` file, which describes the array. */
export interface NpyHeader {
  /** NumPy's description of the element type. */
  readonly description: string;
  readonly shape: readonly number[];
}

const ENTRY = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^']*)'|"([^"]*)"|(True|False)|(\([\d\s,]*\)))\s*/y;
/** A tuple of sizes. A tuple of one needs the comma; longer ones may end with a comma. */
const SHAPE = /^\(\s*(?:\d+\s*,\s*)*(?:\d+\s*)?\)$/;

/** Parses the header strictly: a Python dict with exactly three entries. */
export function parseNpyHeader(header: string, path: string): NpyHeader {
  const entries = entriesOf(header.trim());
  const description = entries?.get('descr');
  const order = entries?.get('fortran_order');
  const tuple = entries?.get('shape');
  if (
    entries?.size !== 3 ||
    description === undefined ||
    !/^(?:True|False)$/.test(order ?? '') ||
    tuple === undefined
  ) {
    throw new InvalidArgument(`${path} does not hold a plain array: its header is ${header.trim().slice(0, 200)}`);
  }
  const shape = shapeOf(tuple);
  if (!shape) {
    throw new InvalidArgument(
      `${path} has the shape ${tuple.slice(0, 200)}; expected a tuple of whole numbers with a safe product`,
    );
  }
  if (order === 'True' && shape.length > 1) {
    throw new InvalidArgument(`${path} is in Fortran order; save it again after numpy.ascontiguousarray`);
  }
  return { description, shape };
}

function entriesOf(text: string): Map<string, string> | undefined {
  const entries = new Map<string, string>();
  if (!text.startsWith('{')) return undefined;
  for (let at = 1; ; ) {
    if (entries.size > 3) return undefined;
    if (text.slice(at).trim() === '}') return entries;
    ENTRY.lastIndex = at;
    const found = ENTRY.exec(text);
    const name = found?.[1] ?? found?.[2];
    if (!found || name === undefined || entries.has(name)) return undefined;
    entries.set(name, found[3] ?? found[4] ?? found[5] ?? found[6] ?? '');
    at = ENTRY.lastIndex;
    if (text[at] === ',') at++;
    else if (text[at] !== '}') return undefined;
  }
}

/** NumPy's limit. */
const MOST_DIMENSIONS = 64;

/** Returns the sizes of a tuple. Undefined if it is not a tuple, or if the number of elements is not safe. */
function shapeOf(tuple: string): number[] | undefined {
  if (!SHAPE.test(tuple) || /^\(\s*\d+\s*\)$/.test(tuple)) return undefined;
  const sizes = tuple.match(/\d+/g)?.map(Number) ?? [];
  if (sizes.length > MOST_DIMENSIONS) return undefined;
  const countable = sizes.reduce((product, size) => product * Math.max(1, size), 1);
  return sizes.every(Number.isSafeInteger) && Number.isSafeInteger(countable * 8) ? sizes : undefined;
}
