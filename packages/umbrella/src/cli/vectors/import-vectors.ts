import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { encodeValue } from '@kohakuvault/packer/value';
import type { Metric, VectorKVault } from '@kohakuvault/vector';
import { oneOf } from '../arguments.ts';
import type { Call, OptionSpecs } from '../command.ts';
import { holdingsOf, type VectorTable } from '../file/holdings.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { refuseOthers } from '../file/refuse-others.ts';
import { formatOf } from '../formats/format.ts';
import { linesOf } from '../formats/lines.ts';
import { NpyReader } from '../formats/npy.ts';
import { readRecord } from '../kv/json-record.ts';
import { storedVectors } from './choose-vectors.ts';

export const VECTOR_IMPORT_OPTIONS = {
  vectors: { type: 'string', value: 'table', about: 'into a table of vectors instead: the rows of a .npy matrix' },
  values: { type: 'string', value: 'path', about: 'with --vectors: their values, as export writes them; default null' },
  metric: { type: 'string', value: 'metric', about: 'of a new table of vectors: cosine (the default), l2 or l1' },
} as const satisfies OptionSpecs;

const ROWS_AT_ONCE = 1_024;

/** Which vectors a matrix holds: whole numbers of 8 bits without a sign are eight bits each. */
const ELEMENT_TYPES: Readonly<Record<string, string>> = { f32: 'f32', f64: 'f32', i8: 'int8', u8: 'bit' };

interface VectorImport {
  readonly path: string;
  readonly source: string;
  readonly name: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
}

/** Adds the rows of a matrix to a table of vectors, in one transaction. */
export async function importVectors(given: VectorImport, call: Call<typeof VECTOR_IMPORT_OPTIONS>) {
  const { path, source, name, busyTimeout } = given;
  formatOf(source, given.format, 'vectors', ['npy']);
  if (source === '-') throw new InvalidArgument('a .npy file cannot be piped in; give its path');
  const metric = oneOf('metric', call.options.metric, ['cosine', 'l2', 'l1', 'hamming']);
  using matrix = new NpyReader(source);
  const made = tableFor(matrix, source, name, metric);
  refuseOthers(path);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  const present = holdingsOf(file.database).vectors.find((table) => table.name === name);
  using bar = call.progress({ label: 'importing', unit: 'items', total: matrix.shape[0] as number });
  const imported = await withTransaction(file, () => {
    // In it too, so that what fails leaves no empty table.
    const vault = storedVectors(file, present ? { ...made, metric: metric ?? present.metric } : made);
    return insertRows(vault, matrix, { values: call.options.values, progress: (done) => bar.update(done) });
  });
  return { imported, into: name };
}

function tableFor(matrix: NpyReader, source: string, name: string, metric: Metric | undefined): VectorTable {
  const [, columns] = matrix.shape;
  const elementType = ELEMENT_TYPES[matrix.type];
  if (matrix.shape.length !== 2 || columns === undefined || elementType === undefined) {
    throw new InvalidArgument(
      `${source} holds ${matrix.type} in the shape (${matrix.shape.join(', ')}); expected rows of f32, of i8, or of u8 for bits`,
    );
  }
  const isBits = elementType === 'bit';
  return {
    name,
    isOurs: true,
    elementType,
    dimensions: isBits ? columns * 8 : columns,
    metric: metric ?? (isBits ? 'hamming' : 'cosine'),
  };
}

interface Rows {
  readonly values: string | undefined;
  progress(done: number): void;
}

async function insertRows(vault: VectorKVault<Buffer>, matrix: NpyReader, { values, progress }: Rows): Promise<number> {
  const [rows = 0, columns = 0] = matrix.shape;
  const stored = values === undefined ? undefined : storedValues(values);
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - start);
    const data = matrix.read(start * columns, count * columns);
    const batch: [ArrayLike<number>, Buffer][] = [];
    for (let row = 0; row < count; row++) {
      const vector = data.subarray(row * columns, (row + 1) * columns) as ArrayLike<number>;
      batch.push([vector, stored ? await nextValue(stored, values as string, start + row, rows) : encodeValue(null)]);
    }
    vault.insertMany(batch);
    progress(start + count);
  }
  if (stored && !(await stored.next()).done) {
    throw new InvalidArgument(`${values} has more lines than there are vectors, ${rows}; nothing was imported`);
  }
  return rows;
}

async function nextValue(stored: AsyncGenerator<Buffer>, name: string, row: number, rows: number): Promise<Buffer> {
  const { value, done } = await stored.next();
  if (done) throw new InvalidArgument(`${name} has ${row} lines for ${rows} vectors; nothing was imported`);
  return value;
}

async function* storedValues(path: string): AsyncGenerator<Buffer> {
  for await (const { text, number } of linesOf(path)) {
    try {
      const record = readRecord({ key: '', ...JSON.parse(text) });
      yield 'stored' in record ? record.stored : Buffer.from(encodeValue(record.value));
    } catch (cause) {
      const isRefused = cause instanceof SyntaxError || cause instanceof KohakuVaultError;
      if (!isRefused) throw cause;
      throw new InvalidArgument(`line ${number} of ${path}: ${cause.message}; nothing was imported`, { cause });
    }
  }
}
