export type ColumnType = 'f64' | 'i64' | 'str:utf8' | 'bytes';

export interface Column {
  readonly dtype: ColumnType;
  readonly stored: unknown[];
}

export interface Vector {
  readonly vector: readonly number[];
  readonly value: unknown;
}

export interface Text {
  readonly text: string;
  readonly value: unknown;
}

/** The content of a file. */
export interface FileState {
  readonly kv: Map<string, unknown>;
  readonly columns: Map<string, Column>;
  readonly vectors: Map<bigint, Vector>;
  readonly texts: Map<bigint, Text>;
  /** The number of the user's rows that refer to nothing: no transaction can commit with one. */
  orphans: number;
}

/** The pending writes of caches. */
export interface PendingState {
  readonly kv: Map<string, unknown>;
  readonly columns: Map<string, unknown[]>;
}

export function emptyFile(): FileState {
  return { kv: new Map(), columns: new Map(), vectors: new Map(), texts: new Map(), orphans: 0 };
}

export function emptyPending(): PendingState {
  return { kv: new Map(), columns: new Map() };
}

export function copyFile({ kv, columns, vectors, texts, orphans }: FileState): FileState {
  const copies = [...columns].map(([name, { dtype, stored }]): [string, Column] => [
    name,
    { dtype, stored: [...stored] },
  ]);
  return {
    kv: new Map(kv),
    columns: new Map(copies),
    vectors: new Map(vectors),
    texts: new Map(texts),
    orphans,
  };
}

export function copyPending({ kv, columns }: PendingState): PendingState {
  return { kv: new Map(kv), columns: new Map([...columns].map(([name, elements]) => [name, [...elements]])) };
}
