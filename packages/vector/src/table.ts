import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, changeSchema, openTable, quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { loadSqliteVec } from './extension.ts';
import type { Metric, VectorType } from './metrics.ts';
import type { Shape } from './options.ts';

/** The tables of one vault, as SQL writes them. */
export interface TableNames {
  readonly table: string;
  readonly values: string;
  readonly vec0: string;
  readonly rowids: string;
}

export function tableNames(table: string): TableNames {
  return {
    table,
    vec0: `main.${quoteIdentifier(table)}`,
    values: `main.${quoteIdentifier(`${table}_values`)}`,
    rowids: `main.${quoteIdentifier(`${table}_rowids`)}`,
  };
}

const ELEMENTS: Record<VectorType, string> = { f32: 'float', int8: 'int8', bit: 'bit' };
const METRIC_NAMES: Partial<Record<Metric, string>> = { cosine: 'cosine', l2: 'L2', l1: 'L1' };

/** Checks the tables of a vault, or makes them if they are missing. */
export function openVectorTable(connection: Connection, names: TableNames, shape: Shape): void {
  openTable(connection, names.table, {
    find: () => definitionOf(connection, names.table),
    check: (found) => checkTable(connection, names, found, shape),
    make: () => {
      loadSqliteVec(connection);
      const metric = METRIC_NAMES[shape.metric];
      changeSchema(
        connection,
        `CREATE VIRTUAL TABLE ${names.vec0} USING vec0(value_ref INTEGER, vector ${ELEMENTS[shape.vectorType]}[${shape.dimensions}]` +
          `${metric === undefined ? '' : ` distance_metric=${metric}`})`,
        `CREATE TABLE ${names.values} (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
      );
    },
  });
}

function definitionOf(connection: Connection, table: string): string | undefined {
  const found = connection
    .query("SELECT sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')", {
      pluck: true,
    })
    .get(table);
  return found === undefined ? undefined : String(found);
}

function checkTable(connection: Connection, names: TableNames, definition: string, shape: Shape): void {
  const name = quoteIdentifier(names.table);
  const stored = shapeOf(definition);
  if (!stored) {
    throw new InvalidArgument(
      `${name} is no table of a VectorKVault: one is USING vec0(value_ref INTEGER, vector <type>[<dimensions>]). Choose another table`,
    );
  }
  for (const [what, given, found] of [
    ['dimensions', shape.dimensions, stored.dimensions],
    ['vectorType', shape.vectorType, stored.vectorType],
    ['metric', shape.metric, stored.metric],
  ] as const) {
    if (given === found) continue;
    throw new InvalidArgument(
      `${what} is ${describe(given)}, but the table ${name} was made with ${describe(found)}: give that, or choose another table`,
    );
  }
  if (connection.read(() => definitionOf(connection, `${names.table}_values`)) === undefined) {
    throw new InvalidArgument(`${name} has no table ${names.values} beside it, so it is none of a VectorKVault`);
  }
}

/** What the definition of a table says; undefined where it is none of ours. */
function shapeOf(definition: string): Shape | undefined {
  const columns = /\bUSING\s+vec0\s*\(([^()]*)\)\s*;?\s*$/i.exec(definition)?.[1]?.split(',');
  if (!columns) return undefined;
  // vec0 numbers its tables by the order of the columns of a kind: with others among them they would be others.
  const [first, second, ...rest] = columns.map((column) => column.trim());
  const vector = /^vector\s+(float|f32|int8|i8|bit)\s*\[\s*(\d+)\s*\](?:\s+distance_metric\s*=\s*(\w+))?$/i.exec(
    second ?? '',
  );
  if (!vector || !/^value_ref\s+integer$/i.test(first ?? '') || rest.some((option) => !/^chunk_size\s*=/i.test(option)))
    return undefined;
  const [, element = '', dimensions = '', metric = 'L2'] = vector;
  const vectorType = /^bit$/i.test(element) ? 'bit' : /^(int8|i8)$/i.test(element) ? 'int8' : 'f32';
  return {
    dimensions: Number(dimensions),
    vectorType,
    metric: vectorType === 'bit' ? 'hamming' : (metric.toLowerCase() as Metric),
  };
}
