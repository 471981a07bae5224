import { type Column, ColumnVault, type Layout } from '@kohakuvault/columns';
import type { VaultKind } from '@kohakuvault/contract';

interface Dtype {
  readonly dtype: 'i32' | 'str:utf8';
  readonly elementOf: (item: number) => unknown;
  readonly itemOf: (element: unknown) => number;
}

/** Elements of fixed and of variable size. */
const DTYPES: readonly Dtype[] = [
  { dtype: 'i32', elementOf: (item) => item, itemOf: Number },
  {
    dtype: 'str:utf8',
    elementOf: (item) => `element ${item}`,
    itemOf: (element) => Number(String(element).slice('element '.length)),
  },
];

const LAYOUTS: readonly Layout[] = ['0.7', '1.x'];

const TABLES: Readonly<Record<Layout, string[]>> = {
  '0.7': ['col_meta', 'col_chunks'],
  '1.x': ['kvault_col_format', 'kvault_col_columns', 'kvault_col_blocks', 'kvault_col_data'],
};

/** Chunks so small that few elements take several. */
const CHUNKS = { minChunkBytes: 64, maxChunkBytes: 256 };

function kind({ dtype, elementOf, itemOf }: Dtype, layout: Layout): VaultKind<ColumnVault> {
  const column = (vault: ColumnVault): Column => vault.ensure('items', dtype);
  /** The elements, by a way to read them; a vault to which nothing was written has no column. */
  const items = (read: (column: Column) => Iterable<unknown>) => (vault: ColumnVault) =>
    vault.has('items') ? Array.from(read(vault.column('items')), itemOf) : [];
  return {
    name: `ColumnVault with a column of ${dtype}, layout ${layout}`,
    open: (source, options) => new ColumnVault(source, { ...CHUNKS, layout, ...options }),
    write: (vault, item) => void column(vault).append(elementOf(item)),
    remove: (vault, item) => void column(vault).remove(column(vault).indexOf(elementOf(item))),
    read: items((column) => column),
    writes: {
      extend: (vault, item) => void column(vault).extend([elementOf(item)]),
      push: (vault, item) => void column(vault).push(elementOf(item)),
      'insert at the end': (vault, item) => column(vault).insert(column(vault).length, elementOf(item)),
    },
    reads: {
      slice: items((column) => column.slice()),
      at: items((column) => Array.from({ length: column.length }, (_, index) => column.at(index))),
      'slice in reverse': items((column) => column.slice(undefined, undefined, -1)),
      'listColumns and at': items((column) =>
        Array.from({ length: column.length }, (_, index) => column.at(-1 - index)),
      ),
    },
    refused: {
      'an element of another type': (vault) => column(vault).append({}),
      'extend with one element of another type': (vault) => column(vault).extend([elementOf(7), {}]),
      'extend with a number': (vault) => column(vault).extend(5 as never),
      'set beyond the end': (vault) => column(vault).set(99, elementOf(7)),
      'setSlice beyond the end': (vault) =>
        column(vault).setSlice(
          0,
          Array.from({ length: 9 }, () => elementOf(7)),
        ),
      'remove beyond the end': (vault) => column(vault).remove(99),
      'a column of another dtype': (vault) => vault.column('items', 'f64'),
      'a name that is taken': (vault) => vault.createColumn('items', dtype),
      'an unknown dtype': (vault) => vault.createColumn('other', 'i33' as never),
    },
    tables: TABLES[layout],
    caches: { vault: (vault) => vault, column: (vault) => column(vault) },
    follow: (vault) => {
      const elements = column(vault).follow();
      async function* followed(): AsyncGenerator<number, void, undefined> {
        for await (const element of elements) yield itemOf(element);
      }
      return followed();
    },
    module: import.meta.url,
  };
}

export const kinds = LAYOUTS.flatMap((layout) => DTYPES.map((dtype) => kind(dtype, layout)));
