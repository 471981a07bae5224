/** A value that fields are compared with. SQLite has booleans as 1 and 0, and so do conditions anywhere. */
export type Comparable = string | number | bigint;

/** A condition in SQL, with its parameters, which it calls `?`. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly Comparable[];
}

/** How a database compares the fields of a document. What is not known is false. */
export interface FieldSql {
  readonly always: string;
  readonly never: string;
  /** The document has the field. */
  exists(name: string): string;
  /** It has none, or it is null. */
  isNull(name: string): string;
  isOneOf(name: string, values: readonly Comparable[]): SqlCondition;
  /** It is of the kind of the value, text or number, and comes before or after it. */
  compares(name: string, operator: '<' | '<=' | '>' | '>=', value: Comparable): SqlCondition;
  not(sql: string): string;
}

/** Returns how SQLite compares fields that are the JSON of a column. */
export function sqliteFields(column: string): FieldSql {
  const pathOf = (name: string) => `'$.${JSON.stringify(name)}'`;
  const fieldOf = (name: string) => `json_extract(${column}, ${pathOf(name)})`;
  return {
    always: '1',
    never: '0',
    exists: (name) => `json_type(${column}, ${pathOf(name)}) IS NOT NULL`,
    isNull: (name) => `${fieldOf(name)} IS NULL`,
    isOneOf: (name, values) => ({
      sql: `${fieldOf(name)} ${values.length === 1 ? 'IS ?' : `IN (${values.map(() => '?').join(', ')})`}`,
      parameters: values,
    }),
    // SQLite orders any number before any text.
    compares: (name, operator, value) => ({
      sql: `(typeof(${fieldOf(name)}) ${typeof value === 'string' ? '=' : '<>'} 'text' AND ${fieldOf(name)} ${operator} ?)`,
      parameters: [value],
    }),
    not: (sql) => `NOT ifnull(${sql}, 0)`,
  };
}
