import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { encodeValue } from '@kohakuvault/packer/value';
import type { FieldTypes, IdKind, Metric, VectorType } from '@kohakuvault/vector';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import { oneOf } from '../command/arguments.ts';
import type { Call, OptionSpecs } from '../command/command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { refuseOthers } from '../file/refuse-others.ts';
import { formatOf } from '../formats/format.ts';
import { linesOf } from '../formats/lines.ts';
import { NpyReader } from '../formats/npy.ts';
import { readRecord } from '../kv/json-record.ts';
import { type ImportedExtras, type TableOptions, vectorsWriter } from './choose-vectors.ts';
import { fieldsOfRecord, parseFieldTypes } from './json-fields.ts';

export const VECTOR_IMPORT_OPTIONS = {
  vectors: { type: 'string', value: 'table', about: 'import the rows of a .npy matrix into a table of vectors' },
  values: {
    type: 'string',
    value: 'path',
    about: 'with --vectors: their values and fields, as export writes them; default null',
  },
  metric: {
    type: 'string',
    value: 'metric',
    about: 'metric of a new table of vectors: cosine (default), l2, l1 or dot',
  },
  fields: { type: 'string', value: 'types', about: 'fields of a new table of vectors, such as year:i64,author:str' },
  ids: {
    type: 'string',
    value: 'kind',
    about: 'kind of the ids of a new table of vectors: i64 (default), or str, whose ids are the keys of --values',
  },
  'keep-ids': { type: 'boolean', about: 'take the ids of the vectors from the keys of --values' },
} as const satisfies OptionSpecs;

const ROWS_AT_ONCE = 1_024;

/** The type of vectors for each element type of a matrix. An unsigned byte holds eight bits. */
const VECTOR_TYPES: Readonly<Record<string, VectorType>> = {
  f16: 'f32',
  f32: 'f32',
  f64: 'f32',
  i8: 'int8',
  u8: 'bit',
};

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
  if (source === '-') throw new InvalidArgument('a .npy file cannot be piped; give its path');
  const metric = oneOf('metric', call.options.metric, ['cosine', 'l2', 'l1', 'hamming', 'dot']);
  const ids = oneOf('ids', call.options.ids, ['i64', 'str']);
  const takesIds = ids === 'str' || call.options['keep-ids'] === true;
  if (takesIds && call.options.values === undefined) {
    throw new InvalidArgument('the ids are taken from the keys of --values; give --values');
  }
  using matrix = new NpyReader(source);
  const created = {
    ...tableFor(matrix, source, name, metric),
    ids: ids ?? 'i64',
    ...(call.options.fields !== undefined && { fields: parseFieldTypes(call.options.fields) }),
  };
  refuseOthers(path);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  const present = declaredVectors(file.database).find(({ table }) => table === name);
  using bar = call.progress({ label: 'importing', unit: 'items', total: matrix.shape[0] as number });
  const imported = await withTransaction(file, () => {
    // Opened inside the transaction, so that a failed import leaves no empty table.
    const table = present
      ? { ...created, metric: metric ?? (present.metric as Metric), ids: ids ?? present.settings.ids ?? 'i64' }
      : created;
    const write = vectorsWriter(file, table);
    return insertRows(write, matrix, {
      values: call.options.values,
      fields: table.fields ?? present?.settings.fields,
      ids: takesIds || table.ids === 'str' ? table.ids : undefined,
      progress: (done) => bar.update(done),
    });
  });
  return { imported, into: name };
}

function tableFor(
  matrix: NpyReader,
  source: string,
  table: string,
  metric: Metric | undefined,
): Omit<TableOptions, 'ids'> {
  const [, columns] = matrix.shape;
  const vectorType = VECTOR_TYPES[matrix.type];
  if (matrix.shape.length !== 2 || columns === undefined || vectorType === undefined) {
    throw new InvalidArgument(
      `${source} holds ${matrix.type} of shape (${matrix.shape.join(', ')}); expected rows of f32, i8, or u8 for bits`,
    );
  }
  const isBits = vectorType === 'bit';
  return {
    table,
    vectorType,
    dimensions: isBits ? columns * 8 : columns,
    metric: metric ?? (isBits ? 'hamming' : 'cosine'),
  };
}

interface Rows {
  readonly values: string | undefined;
  readonly fields: FieldTypes | undefined;
  /** The kind of the ids, if the keys of the values are the ids of the vectors. */
  readonly ids: IdKind | undefined;
  progress(done: number): void;
}

async function insertRows(
  write: ReturnType<typeof vectorsWriter>,
  matrix: NpyReader,
  { values, fields, ids, progress }: Rows,
): Promise<number> {
  const [rows = 0, columns = 0] = matrix.shape;
  const encoded = values === undefined ? undefined : encodedValues(values, fields, ids);
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - start);
    const data = matrix.read(start * columns, count * columns);
    const batch: [ArrayLike<number>, Buffer, ImportedExtras][] = [];
    for (let row = 0; row < count; row++) {
      const vector = data.subarray(row * columns, (row + 1) * columns) as ArrayLike<number>;
      const next = encoded && (await nextValue(encoded, values as string, start + row, rows));
      batch.push([vector, next?.value ?? encodeValue(null), next?.extras ?? {}]);
    }
    write(batch);
    progress(start + count);
  }
  if (encoded && !(await encoded.next()).done) {
    throw new InvalidArgument(`${values} has more lines than there are vectors (${rows}); nothing was imported`);
  }
  return rows;
}

/** A value and what else belongs to its vector. */
interface ImportedValue {
  readonly value: Buffer;
  readonly extras: ImportedExtras;
}

async function nextValue(
  encoded: AsyncGenerator<ImportedValue>,
  name: string,
  row: number,
  rows: number,
): Promise<ImportedValue> {
  const { value, done } = await encoded.next();
  if (done) throw new InvalidArgument(`${name} has ${row} lines for ${rows} vectors; nothing was imported`);
  return value;
}

async function* encodedValues(
  path: string,
  fields: FieldTypes | undefined,
  ids: IdKind | undefined,
): AsyncGenerator<ImportedValue> {
  for await (const { text, number } of linesOf(path)) {
    try {
      const record = { key: '', ...JSON.parse(text) };
      const entry = readRecord(record);
      const value = 'stored' in entry ? entry.stored : Buffer.from(encodeValue(entry.value));
      const extras = fieldsOfRecord(record, fields);
      yield { value, extras: ids === undefined ? extras : { ...extras, id: idOf(String(entry.key), ids) } };
    } catch (cause) {
      const isRefused = cause instanceof SyntaxError || cause instanceof KohakuVaultError;
      if (!isRefused) throw cause;
      throw new InvalidArgument(`line ${number} of ${path}: ${cause.message}; nothing was imported`, { cause });
    }
  }
}

/** Returns the id that a key stands for. */
function idOf(key: string, ids: IdKind): string | bigint {
  if (ids === 'str') return key;
  if (/^-?\d{1,19}$/.test(key)) return BigInt(key);
  throw new InvalidArgument(`its "key" is ${JSON.stringify(key)}; expected the number of an id`);
}
