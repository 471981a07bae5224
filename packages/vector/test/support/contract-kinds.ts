import { randomUUID } from 'node:crypto';
import type { VaultKind } from '@kohakuvault/contract';
import { VectorKVault, type VectorKVaultOptions } from '@kohakuvault/vector';

type Items = VectorKVault<number>;

/** A vector that fits into int8, another one for each item. */
const vectorOf = (item: number) => [Math.floor(item / 100), item % 100];
const itemOf = (vector: ArrayLike<number>) => (vector[0] ?? 0) * 100 + (vector[1] ?? 0);
const QUERY = [0, 0];
/** More than there are items. */
const ALL = 10_000;

function itemsOf(rows: Iterable<readonly [id: bigint, vector: unknown, value: number]>): number[] {
  return Array.from(rows, ([, , value]) => value);
}

function idOf(vault: Items, item: number): bigint {
  for (const [id, , value] of vault) if (value === item) return id;
  throw new Error(`the vault has no item ${item}`);
}

function kind(name: string, own: Partial<VectorKVaultOptions>): VaultKind<Items> {
  return {
    name,
    open: (source, options) => new VectorKVault(source, { dimensions: 2, metric: 'l2', ...own, ...options }),
    write: (vault, item) => void vault.insert(vectorOf(item), item),
    remove: (vault, item) => void vault.delete(idOf(vault, item)),
    read: itemsOf,
    writes: {
      insertMany: (vault, item) => void vault.insertMany([[vectorOf(item), item]]),
      'insert and update': (vault, item) =>
        vault.transaction(() => {
          const id = vault.insert(vectorOf(0), -1);
          vault.update(id, { vector: vectorOf(item), value: item });
        }),
    },
    reads: {
      vectors: (vault) => Array.from(vault, ([, vector]) => itemOf(vector)),
      search: (vault) => vault.search(QUERY, ALL).map(({ value }) => value),
      searchMany: (vault) => vault.searchMany([QUERY], ALL).flatMap((found) => found.map(({ value }) => value)),
      getById: (vault) => Array.from(vault, ([id]) => vault.getById(id)?.value as number),
      has: (vault) => itemsOf(Array.from(vault).filter(([id]) => vault.has(id))),
      where: (vault) => vault.search(QUERY, { k: ALL, where: {} }).map(({ value }) => value),
      'iteration, as far as size': (vault) => Array.from({ length: vault.size }, (_, at) => itemsOf(vault)[at] ?? -1),
    },
    refused: {
      'a vector of another length': (vault) => vault.insert([1], 7),
      'a vector with NaN': (vault) => vault.insert([1, Number.NaN], 7),
      'a value that is a function': (vault) => vault.insert(vectorOf(7), (() => 1) as never),
      'insertMany with one wrong vector': (vault) =>
        vault.insertMany([
          [vectorOf(7), 7],
          [[1], 8],
        ]),
      'insertMany of a number': (vault) => vault.insertMany(5 as never),
      'an update with a wrong vector': (vault) => vault.update(1, { vector: [1] }),
      'an update with nothing': (vault) => vault.update(1, {}),
      'a wrong query': (vault) => vault.search([1]),
      'a wrong id': (vault) => vault.delete('1' as never),
    },
    tables: ['vec_kvault_values'],
    module: import.meta.url,
  };
}

/** Fields of each value, which searches use. */
function withFields(): VaultKind<Items> {
  const fields = { item: 'i64', tens: 'str' } as const;
  const fieldsOf = (item: number) => ({ item, tens: `${Math.floor(item / 10)}` });
  const plain = kind('VectorKVault with fields', {});
  return {
    ...plain,
    open: (source, options) =>
      new VectorKVault(source, { dimensions: 2, metric: 'l2', fields, fieldsOf, ...options }) as unknown as Items,
    writes: {
      ...plain.writes,
      'insert and update of fields': (vault, item) =>
        vault.transaction(() => {
          const id = vault.insert(vectorOf(item), item, { item: -1 });
          vault.update(id, { fields: { item } });
        }),
    },
    reads: {
      ...plain.reads,
      where: (vault) =>
        vault
          .search(QUERY, { k: ALL, where: { item: { $gte: 0 }, tens: { $exists: true } } })
          .map(({ value }) => value),
      fields: (vault) => Array.from(vault, ([id]) => Number(vault.fields(id)?.item)),
    },
    refused: {
      ...plain.refused,
      'a field of another type': (vault) => vault.insert(vectorOf(7), 7, { item: 'x' }),
      'an unknown field': (vault) => vault.insert(vectorOf(7), 7, { thing: 7 }),
      'a condition on an unknown field': (vault) => vault.search(QUERY, { where: { thing: 7 } }),
    },
    tables: [...(plain.tables ?? []), 'vec_kvault_fields'],
  };
}

/** Ids of text, another one for each item that is written. */
function withTextIds(): VaultKind<Items> {
  // Several threads write at a time.
  const next = () => ({ id: randomUUID() }) as never;
  const plain = kind('VectorKVault with ids of text', {});
  return {
    ...plain,
    open: (source, options) =>
      new VectorKVault(source, { dimensions: 2, metric: 'l2', ids: 'str', ...options }) as unknown as Items,
    write: (vault, item) => void vault.insert(vectorOf(item), item, next()),
    writes: {
      insertMany: (vault, item) => void vault.insertMany([[vectorOf(item), item, next()]]),
      'upsert twice': (vault, item) =>
        vault.transaction(() => {
          const id = next();
          vault.upsert(vectorOf(0), -1, id);
          vault.upsert(vectorOf(item), item, id);
        }),
    },
    refused: {
      ...plain.refused,
      'no id': (vault) => vault.insert(vectorOf(7), 7),
      'two vectors with one id': (vault) => {
        const id = next();
        return vault.insertMany([
          [vectorOf(7), 7, id],
          [vectorOf(8), 8, id],
        ]);
      },
      'a wrong id': (vault) => vault.delete(1),
      'a wrong id of an update': (vault) => vault.update(1, { vector: vectorOf(7) }),
    },
    tables: [...(plain.tables ?? []), 'vec_kvault_ids'],
  };
}

export const kinds = [
  kind('VectorKVault', {}),
  kind('VectorKVault that keeps no vectors in memory', { residentBytes: 0 }),
  kind('VectorKVault of int8', { vectorType: 'int8' }),
  withFields(),
  withTextIds(),
];
