import type { ResolvedIds } from '@kohakuvault/core-native/internal';
import { decodeField, type FieldType, type StoredField } from '@kohakuvault/vector/internal';
import type { CopiedRow } from '../client/copied-rows.ts';
import type { Session } from '../client/session.ts';
import { FEW, pagesOf } from '../execution/pages.ts';
import { bytesOfBinary } from './vector-cells.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import type { ReadColumns } from './vector-sql.ts';
import { bytesOf } from './vector-text.ts';

/** A vector that was read. What was not asked for is empty. */
export interface ReadVector {
  /** The number by which vectors are ordered. */
  readonly number: bigint;
  readonly id: VectorId;
  readonly value: Buffer;
  /** The vector, as `VectorFormat` has it. */
  readonly vector: Buffer;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Iterates over the vectors of a range. */
export function vectorPages(
  context: VectorContext,
  range: ResolvedIds,
  columns: ReadColumns,
): AsyncGenerator<readonly ReadVector[], void, undefined> {
  const { executor } = context;
  const isAny = range.first <= range.last;
  return pagesOf(executor, isAny ? range : { ...range, limit: 0 }, {
    read: (rest, limit) => executor.read((session) => readPage(context, session, { range: rest, limit, columns })),
    after: idsBehind,
    lengthOf: ({ value, vector }) => value.length + vector.length,
  });
}

/** Returns those of some vectors that there are, with all that they have. */
export async function vectorsOf(context: VectorContext, ids: readonly VectorId[]): Promise<ReadVector[]> {
  const { executor, sql } = context;
  return await executor.read(async (session) => {
    const copied = await session.copyOut?.(sql.copyOf(context.ids.literals(ids)));
    if (copied) return copied.map((row) => fromCopy(context, row));
    const { rows } = await session.query(sql.allOf, [context.ids.list(ids)]);
    return rows.map((row) => fromCells(context, row));
  });
}

/** Returns the fields of a vector from cells of text, of which `first` is that of the first field. */
export function fieldsOf({ fields }: VectorContext, cells: readonly unknown[], first: number): Record<string, unknown> {
  return fieldsFrom(fields, (type, nth) => {
    const cell = cells[first + nth];
    if (cell === null || cell === undefined) return null;
    return type === 'i64' || type === 'bool' ? BigInt(cell as string) : (cell as number | string);
  });
}

async function readPage(
  context: VectorContext,
  session: Session,
  { range, limit, columns }: { range: ResolvedIds; limit: number; columns: ReadColumns },
): Promise<ReadVector[]> {
  const { sql } = context;
  if (session.copyOut && limit > FEW) {
    const rows = await session.copyOut(sql.copyPage(range, columns, limit));
    return rows.map((row) => fromCopy(context, row));
  }
  const parameters = [String(range.first), String(range.last), limit];
  const { rows } = await session.query(sql.page(columns, range.reverse), parameters);
  return rows.map((row) => fromCells(context, row));
}

function fromCells(context: VectorContext, cells: readonly unknown[]): ReadVector {
  const { ids, format, options } = context;
  const [number, id, value, vector] = cells as [string, unknown, Buffer | undefined, string | undefined];
  return {
    number: BigInt(number),
    id: ids.read(id),
    value: value ?? NOTHING,
    vector: vector === undefined ? NOTHING : bytesOf(options.shape, format, vector),
    fields: cells.length > FIRST_FIELD ? fieldsOf(context, cells, FIRST_FIELD) : {},
  };
}

function fromCopy({ ids, options, fields }: VectorContext, cells: CopiedRow): ReadVector {
  const [number, id, value, vector] = cells as [Buffer, Buffer, Buffer | undefined, Buffer | undefined];
  return {
    number: number.readBigInt64BE(),
    id: ids.readBinary(id),
    value: value ?? NOTHING,
    vector: vector === undefined ? NOTHING : bytesOfBinary(options.shape, vector),
    fields: cells.length > FIRST_FIELD ? fieldsFrom(fields, (type, nth) => binaryField(type, cells, nth)) : {},
  };
}

function binaryField(type: FieldType, cells: CopiedRow, nth: number): StoredField {
  const cell = cells[FIRST_FIELD + nth];
  if (!cell) return null;
  if (type === 'str') return cell.toString();
  return type === 'f64' ? cell.readDoubleBE() : cell.readBigInt64BE();
}

/** Leaves out fields that are NULL. */
function fieldsFrom(
  types: VectorContext['fields'],
  read: (type: FieldType, nth: number) => StoredField,
): Record<string, unknown> {
  const entries = Object.entries(types).flatMap(([name, type], nth) => {
    const stored = read(type, nth);
    return stored === null ? [] : [[name, decodeField(type, stored)]];
  });
  return Object.fromEntries(entries);
}

function idsBehind(range: ResolvedIds, { number }: ReadVector, count: number): ResolvedIds | undefined {
  const limit = range.limit - count;
  const rest = range.reverse ? { ...range, limit, last: number - 1n } : { ...range, limit, first: number + 1n };
  return limit > 0 && rest.first <= rest.last ? rest : undefined;
}

const FIRST_FIELD = 4;
const NOTHING = Buffer.alloc(0);
