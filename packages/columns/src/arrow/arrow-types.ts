/** A vector of the package apache-arrow, as far as it matters here. */
export interface ArrowVector {
  readonly type: ArrowDataType;
  readonly length: number;
  readonly nullCount: number;
  readonly stride: number;
  readonly numChildren: number;
  readonly data: readonly ArrowData[];
  get(index: number): unknown;
  toArray(): ArrayLike<unknown>;
  [Symbol.iterator](): Iterator<unknown>;
}

/** The type of a vector. `typeId` is one of `ArrowTypeId`. */
export interface ArrowDataType {
  readonly typeId: number;
  toString(): string;
}

/** A piece of a vector. */
export interface ArrowData {
  readonly type: ArrowDataType;
  readonly length: number;
  readonly nullCount: number;
  /** How many bits of truth values come before the first one. Other values begin with `values`. */
  readonly offset: number;
  readonly stride: number;
  readonly values?: unknown;
  readonly children: readonly ArrowData[];
}

/** A table of the package apache-arrow. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  readonly numRows: number;
  getChild(name: string): ArrowVector | null;
}

/** What `extend` takes of Arrow. Which elements it has is known when it runs. */
export type ArrowElements = Pick<ArrowVector, 'numChildren' | 'nullCount'> | Pick<ArrowTable, 'schema' | 'numRows'>;

/** The numbers of Arrow's types. */
export const ArrowTypeId = {
  dictionary: -1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedBinary: 15,
  fixedList: 16,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const;

/** Whether a value is a vector of any release of apache-arrow. Only the newest mark their vectors with a symbol. */
export function isArrowVector(value: unknown): value is ArrowVector {
  if (typeof value !== 'object' || value === null || !('numChildren' in value)) return false;
  const { type, data, stride, numChildren } = value as Partial<ArrowVector>;
  const isTyped = typeof type === 'object' && type !== null && typeof type.typeId === 'number';
  return isTyped && Array.isArray(data) && typeof stride === 'number' && typeof numChildren === 'number';
}

/** Whether a value is a table of apache-arrow. */
export function isArrowTable(value: unknown): value is ArrowTable {
  if (typeof value !== 'object' || value === null || !('batches' in value)) return false;
  const { schema, getChild } = value as Partial<ArrowTable>;
  return typeof getChild === 'function' && Array.isArray(schema?.fields);
}
