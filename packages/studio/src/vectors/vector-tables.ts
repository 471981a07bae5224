import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { countRows, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { declaredVectors, type VectorDeclaration } from '@kohakuvault/vector/inspect';
import type { Params } from '../api/params.ts';
import { problemOfError } from '../api/studio-error.ts';
import type { Id, VectorRow, VectorRows, VectorTable, VectorTables } from '../api/types.ts';
import type { AnyVectors, Valued, VaultFile } from '../file/vault-file.ts';
import { codeOfVectors } from '../values/code-samples.ts';
import { shownStored } from '../values/shown-stored.ts';
import { CELL, nodeOf, WHOLE } from '../values/value-node.ts';

/** The elements of a vector in lists. */
const SHOWN = 64;

/** Returns the tables of vectors of a file. */
export function vectorTables(file: VaultFile, embeds: boolean): VectorTables {
  return file.consistently(() => ({
    tables: declaredVectors(file.database).map((declared) => tableOf(file, declared, embeds)),
    version: file.version(),
  }));
}

function tableOf(
  file: VaultFile,
  { table, shape, dimensions, metric, vectorType, settings }: VectorDeclaration,
  embeds: boolean,
): VectorTable {
  const { fields = {}, ids = 'i64' } = settings;
  const own = {
    table,
    vectors: countRows(file.database, `${table}_rowids`) ?? null,
    dimensions,
    metric,
    type: vectorType as VectorTable['type'],
    fields: { ...fields },
    ids: ids as VectorTable['ids'],
    encoding: tableEncoding(file.database, table).name,
    embeds,
    code: codeOfVectors(file.path, { table, dimensions, metric, type: vectorType, ids }),
  };
  if (!shape) {
    const message = `${table} is a table of sqlite-vec, but not of a VectorKVault`;
    return { ...own, index: null, problem: { code: 'KV_NOT_FOUND', message } };
  }
  try {
    const { index } = file.vectors(table).vault.info();
    return { ...own, index: index ? { ...index, trained: index.trained.getTime() } : null, problem: null };
  } catch (error) {
    return { ...own, index: null, problem: problemOfError(error) };
  }
}

/** Returns a page of rows by their ids. */
export function vectorRows(file: VaultFile, params: Params): VectorRows {
  const table = params.text('table');
  const limit = params.whole('limit', { least: 1, most: 200 }) ?? 50;
  const after = params.optionalText('after');
  return file.consistently(() => {
    const valued = file.vectors(table);
    const range = { limit: limit + 1, ...(after === undefined ? {} : { gt: idOf(valued.vault, after) }) };
    const rows: VectorRow[] = [];
    let next: Id | null = null;
    for (const [id, vector, value] of valued.vault.entries(range)) {
      if (rows.length === limit) {
        next = rows.at(-1)?.id ?? null;
        break;
      }
      rows.push({ ...valuedRow(valued, id, value, true), vector: elementsOf(valued.vault, vector, SHOWN) });
    }
    return { rows, next, version: file.version() };
  });
}

/** Returns one row with its whole vector. */
export function vectorRow(file: VaultFile, params: Params): VectorRow {
  const table = params.text('table');
  const text = params.text('id');
  return file.consistently(() => {
    const valued = file.vectors(table);
    const id = idOf(valued.vault, text);
    const found = valued.vault.getById(id as never);
    if (!found) throw new NotFound(`${table} has no vector with the id ${text}`);
    return { ...valuedRow(valued, id, found.value, false), vector: elementsOf(valued.vault, found.vector) };
  });
}

/** Returns what a row has beside its vector. */
export function valuedRow(
  { vault, decode }: Valued<AnyVectors>,
  id: bigint | string,
  stored: Buffer,
  isCell: boolean,
): Omit<VectorRow, 'vector'> {
  const limits = isCell ? CELL : WHOLE;
  const fields = Object.entries(vault.fields(id as never) ?? {});
  return {
    id: String(id),
    value: shownStored(decode, stored, limits),
    fields: Object.fromEntries(fields.map(([name, value]) => [name, nodeOf(value, limits)])),
  };
}

/** Reads an id of a table. */
export function idOf(vault: AnyVectors, text: Id): bigint | string {
  if (vault.info().ids === 'str') return text;
  if (/^-?\d{1,19}$/.test(text)) return BigInt(text);
  throw new InvalidArgument(`id is ${JSON.stringify(text)}; expected the digits of a whole number`);
}

/** Returns the elements of a stored vector; bits as 0 and 1. */
export function elementsOf(vault: AnyVectors, vector: ArrayLike<number>, most = Number.POSITIVE_INFINITY): number[] {
  const { vectorType, dimensions } = vault.info();
  const length = Math.min(most, dimensions);
  if (vectorType !== 'bit') return Array.from({ length }, (_, nth) => vector[nth] as number);
  return Array.from({ length }, (_, nth) => ((vector[nth >> 3] as number) >> (nth & 7)) & 1);
}
