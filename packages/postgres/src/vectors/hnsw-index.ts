import { checkOptions, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import type { Session } from '../client/session.ts';
import type { VectorContext } from './vector-context.ts';

export interface HnswOptions {
  /** The connections of each vector. Default 16. */
  m?: number | undefined;
  /** The candidates while the index is made. Default 64. */
  efConstruction?: number | undefined;
}

const HNSW_RULES = { m: rules.wholeNumber(2, 100), efConstruction: rules.wholeNumber(4, 1_000) };

/** Makes pgvector's index, in place of one that is there. */
export async function createIndex(context: VectorContext, options: HnswOptions | undefined): Promise<void> {
  checkOptions('createIndex', options, HNSW_RULES);
  const { m = 16, efConstruction = 64 } = options ?? {};
  if (efConstruction < 2 * m) {
    throw new InvalidArgument(`createIndex: efConstruction is ${efConstruction}; expected at least 2 * m, ${2 * m}`);
  }
  await context.ready();
  const text = context.sql.createIndex(m, efConstruction);
  await context.executor.atomically(async (session) => {
    await drop(session, context);
    await session.query(text);
  });
}

/** Removes the index. Returns whether there was one. */
export async function dropIndex(context: VectorContext): Promise<boolean> {
  return await context.executor.atomically((session) => drop(session, context));
}

async function drop(session: Session, { catalog, sql }: VectorContext): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relname = $1 AND nspname = $2',
    [sql.indexName, catalog.schema],
  );
  await session.query(`DROP INDEX IF EXISTS ${catalog.qualified(sql.indexName)}`);
  return rows.length > 0;
}
