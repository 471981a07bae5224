import { checkId, type RowId } from '@kohakuvault/core-native/internal';
import { checkTextId, type IdKind } from '@kohakuvault/vector/internal';
import { type Parameter, TextStrings } from '../client/session.ts';
import { escapedLiteral } from '../schema/names.ts';

/** An id as its user knows it. */
export type VectorId = bigint | string;

/**
 * The ids of a table. Vectors are distributed by them. With ids of text, a further column has the number that orders the
 * vectors, as the id does otherwise.
 */
export interface VectorIds {
  readonly kind: IdKind;
  /** The column of the ids, its type, and how it is declared. */
  readonly column: string;
  readonly type: string;
  readonly declared: readonly string[];
  check(owner: string, id: unknown): VectorId;
  parameter(id: VectorId): Parameter;
  list(ids: readonly VectorId[]): Parameter;
  /** Returns ids as a list in SQL. */
  literals(ids: readonly VectorId[]): string;
  /** Returns an id as the server sends it, as text. */
  read(cell: unknown): VectorId;
  /** Returns an id as COPY gives it. */
  readBinary(cell: Buffer): VectorId;
}

const NUMBERS: VectorIds = {
  kind: 'i64',
  column: 'id',
  type: 'int8',
  declared: ['id int8 NOT NULL'],
  check: (owner, id) => checkId(owner, id as RowId),
  parameter: String,
  list: (ids) => `{${ids.join()}}`,
  literals: (ids) => `'{${ids.join()}}'`,
  read: (cell) => BigInt(cell as string),
  readBinary: (cell) => cell.readBigInt64BE(),
};

const TEXTS: VectorIds = {
  kind: 'str',
  column: 'key',
  type: 'text',
  declared: ['key text COLLATE "C" NOT NULL', 'id int8 NOT NULL'],
  check: checkTextId,
  parameter: (id) => id as string,
  list: (ids) => new TextStrings(ids as readonly string[]),
  literals: (ids) => `ARRAY[${ids.map((id) => escapedLiteral(id as string)).join()}]`,
  read: (cell) => cell as string,
  readBinary: (cell) => cell.toString(),
};

export function vectorIds(kind: IdKind): VectorIds {
  return kind === 'str' ? TEXTS : NUMBERS;
}
