import { nestedArrays } from '@kohakuvault/columns/inspect';
import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type DTypeInfo, parseDType } from '@kohakuvault/packer';
import { fromBase64 } from '../formats/binary-text.ts';
import { csvRows } from '../formats/csv-reader.ts';
import type { ColumnTarget } from './column-target.ts';
import { addElements } from './element-shape.ts';

const ROWS_AT_ONCE = 8_192;
const CHARACTERS_AT_ONCE = 16 * 1024 * 1024;
/** The longest number that is read. Converting millions of digits would take minutes. */
const LONGEST_NUMBER = 2_000;

/**
 * Reads what `exportCsv` writes, or one of many columns if its heading is the name of the column. Returns the number of
 * elements.
 */
export async function importCsv(source: string, target: ColumnTarget): Promise<number> {
  const dtype = target.dtype;
  if (dtype === undefined) {
    throw new InvalidArgument('CSV does not declare a type; give --dtype, such as f64, str or vec:f32:384');
  }
  const column = target.open(dtype);
  const info = parseDType(column.dtype);
  const width = info.shape?.reduce((product, size) => product * size, 1) ?? 1;
  const name = source === '-' ? 'stdin' : source;
  let first: number | undefined;
  let headings = 0;
  let values: unknown[] = [];
  let characters = 0;
  let count = 0;
  const flush = () => {
    addElements(column, values, values.length);
    values = [];
    characters = 0;
    target.progress(count);
  };
  for await (const { cells, line, size } of csvRows(source)) {
    if (first === undefined) {
      first = firstCell(cells, { column: column.name, width, name });
      headings = cells.length;
      continue;
    }
    try {
      if (cells.length > headings)
        throw new InvalidArgument(`the row has ${cells.length} cells under ${headings} headings`);
      values.push(valueOfCells(cells.slice(first, first + width), width, info));
    } catch (cause) {
      if (!(cause instanceof KohakuVaultError)) throw cause;
      throw new InvalidArgument(`line ${line} of ${name}: ${cause.message}; nothing was imported`, { cause });
    }
    count++;
    characters += size;
    if (values.length >= ROWS_AT_ONCE || characters >= CHARACTERS_AT_ONCE) flush();
  }
  flush();
  return count;
}

/** Returns the position of the element in a row, from the headings. */
function firstCell(headings: string[], { column, width, name }: { column: string; width: number; name: string }) {
  if (headings.length === width) return 0;
  const first = headings.findIndex((heading) => heading === column || heading === `${column}[0]`);
  if (first >= 0 && first + width <= headings.length) return first;
  const found = headings.slice(0, 20).map((heading) => heading.slice(0, 60));
  throw new InvalidArgument(
    `${name} has ${headings.length} columns, but an element needs ${width}, and no heading is ${column}; ` +
      `there are ${found.join(', ')}`,
  );
}

function valueOfCells(cells: string[], width: number, info: DTypeInfo): unknown {
  if (cells.length < width) throw new InvalidArgument(`the row has ${cells.length} of ${width} cells`);
  const [cell] = cells as [string];
  switch (info.kind) {
    case 'scalar':
      return numberOf(cell, info);
    case 'str':
      return cell;
    case 'bytes':
      return fromBase64Cell(cell);
    case 'vec':
      return info.shape
        ? nestedArrays(
            cells.map((one) => numberOf(one, info)),
            info.shape,
          )
        : json(cell);
    default:
      return json(cell);
  }
}

function fromBase64Cell(cell: string): Buffer {
  const bytes = fromBase64(cell);
  if (bytes) return bytes;
  throw new InvalidArgument(`${JSON.stringify(cell.slice(0, 60))} is not base64, which bytes must be`);
}

function numberOf(cell: string, { element }: DTypeInfo): number | bigint | boolean {
  const text = cell.trim();
  if (element?.type === 'bool') return truthOf(cell);
  const isWide = element?.type === 'i64' || element?.type === 'u64';
  if (text.length > LONGEST_NUMBER) throw notANumber(cell);
  if (isWide && /^[-+]?\d+$/.test(text)) return BigInt(text);
  const word = /^([-+]?)(nan|inf|infinity)$/i.exec(text);
  if (word) {
    const size = word[2]?.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
    return word[1] === '-' ? -size : size;
  }
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw notANumber(cell);
  return number;
}

/** Reads what pandas, DuckDB and this package write for true and false. */
function truthOf(cell: string): boolean {
  const found = /^(?:(true|t|1)|false|f|0)$/i.exec(cell.trim());
  if (found) return found[1] !== undefined;
  throw new InvalidArgument(`${JSON.stringify(cell.slice(0, 60))} is not true or false`);
}

function notANumber(cell: string): InvalidArgument {
  return new InvalidArgument(`${JSON.stringify(cell.slice(0, 60))} is not a number`);
}

function json(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch (cause) {
    throw new InvalidArgument(`${JSON.stringify(cell.slice(0, 60))} is not JSON`, { cause });
  }
}
