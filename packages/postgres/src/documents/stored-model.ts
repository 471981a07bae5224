import { CorruptData } from '@kohakuvault/core-native/internal';
import type { StoredModel } from '@kohakuvault/text/internal';
import type { Executor } from '../execution/executor.ts';
import type { Catalog } from '../schema/catalog.ts';
import { modelsTableOf } from '../schema/names.ts';

/** The method by which a store tells those who copy documents which model has made their vectors. */
export const modelOf: unique symbol = Symbol('kohakuvault.model of documents');

export async function readModel(catalog: Catalog, executor: Executor, table: string): Promise<StoredModel> {
  const models = catalog.qualified(modelsTableOf(table));
  const { rows } = await executor.read((session) =>
    session.query(`SELECT number, model, dimensions FROM ${models} WHERE ready`),
  );
  if (!rows[0]) throw new CorruptData(`the documents ${table} have no model. Restore a backup`);
  const [number, model, dimensions] = rows[0] as [number, string, number];
  return { number, model, dimensions };
}
