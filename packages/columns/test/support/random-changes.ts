import type { Column, ColumnVault } from '@kohakuvault/columns';
import type { Database } from 'better-sqlite3';

/** Limits so small that the columns have many chunks, and so large that most have overflow pages. */
const CHUNKS = { minChunkBytes: 512, maxChunkBytes: 6_000 };

/** The columns, and how an element is made of a number. */
export const COLUMNS = {
  numbers: { dtype: 'f64', element: (number: number): unknown => number },
  pairs: { dtype: 'vec:u8:2', element: (number: number): unknown => Uint8Array.of(number, number >> 8) },
  texts: { dtype: 'str:utf8', element: (number: number): unknown => `${number} `.repeat(number % 40) },
} as const;
export type Name = keyof typeof COLUMNS;
export const NAMES = Object.keys(COLUMNS) as Name[];

/** Returns whole numbers below a limit that look random and are the same for the same seed. */
export function numbersOf(seed: number): (limit: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

export function openColumn(vault: ColumnVault, name: Name): Column {
  return vault.ensure(name, COLUMNS[name].dtype, CHUNKS) as unknown as Column;
}

/** Changes a column at random. Returns what was done. */
export function change(vault: ColumnVault, random: (limit: number) => number): string {
  const name = NAMES[random(NAMES.length)] as Name;
  const column = openColumn(vault, name);
  const element = () => COLUMNS[name].element(random(60_000));
  const elements = (count: number) => Array.from({ length: count }, element);
  const { length } = column;
  const action = random(20);
  if (length < 50 || action === 0) column.extend(elements(random(500)));
  else if (action < 6) column.append(element());
  else if (action < 12) column.set(random(length), element());
  else if (action < 14) column.setSlice(random(length - 20), elements(random(20)));
  else if (action < 15) column.insert(random(length), element());
  else if (action < 16) column.removeRange(random(length), length);
  else if (action < 17) column.remove(random(length));
  else if (action < 18) column.truncate(length - random(length >> 1));
  else if (action < 19) column.compact();
  else if (random(3) === 0) column.clear();
  else vault.deleteColumn(name);
  return `${name}: ${action}`;
}

export function hasBlocks(database: Database): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kvault_col_columns'").get() !== undefined;
}

/** Reads all elements by SQL alone. */
export function contentOf(database: Database): Record<Name, string[]> {
  return hasBlocks(database) ? contentOfBlocks(database) : contentOfChunks(database);
}

/** Those in the tables of Python 1.x. */
function contentOfBlocks(database: Database): Record<Name, string[]> {
  const blocks = database.prepare(`SELECT b.row_count AS count, d.payload, d.offsets, c.elem_size AS size
    FROM kvault_col_columns c JOIN kvault_col_blocks b USING (col_id) JOIN kvault_col_data d USING (block_id)
    WHERE c.name = ? ORDER BY b.block_no`);
  const all = (name: string, text: (bytes: Buffer) => string) =>
    (blocks.all(name) as { count: number; payload: Buffer; offsets: Buffer | null; size: number }[]).flatMap(
      ({ count, payload, offsets, size }) => {
        const bound = (nth: number) => (offsets ? Number(offsets.readBigUInt64LE(8 * nth)) : nth * size);
        return Array.from({ length: count }, (_, nth) => text(payload.subarray(bound(nth), bound(nth + 1))));
      },
    );
  return {
    numbers: all('numbers', (bytes) => String(bytes.readDoubleLE())),
    pairs: all('pairs', (bytes) => [...bytes].join()),
    texts: all('texts', String),
  };
}

function contentOfChunks(database: Database): Record<Name, string[]> {
  const bytesOf = (name: string) => {
    const find = database.prepare('SELECT col_id AS id, length, elem_size AS size FROM col_meta WHERE name = ?');
    const meta = find.get(name) as { id: number; length: number; size: number } | undefined;
    const rows = database.prepare('SELECT chunk_idx, data FROM col_chunks WHERE col_id = ? ORDER BY 1').raw();
    const chunks = new Map((meta ? rows.all(meta.id) : []) as [number, Buffer][]);
    return { bytes: Buffer.concat([...chunks.values()]), length: meta?.length ?? 0, size: meta?.size ?? 0, chunks };
  };
  const numbers = bytesOf('numbers');
  const pairs = bytesOf('pairs');
  const [index, data] = [bytesOf('texts_idx'), bytesOf('texts_data')];
  const text = (nth: number) => {
    const [chunk, start, end] = [0, 4, 8].map((at) => index.bytes.readInt32LE(nth * 12 + at)) as [
      number,
      number,
      number,
    ];
    return (data.chunks.get(chunk) ?? Buffer.alloc(0)).toString('utf8', start, end);
  };
  const all = (length: number, each: (nth: number) => string) => Array.from({ length }, (_, nth) => each(nth));
  return {
    numbers: all(numbers.length, (nth) => String(numbers.bytes.readDoubleLE(nth * 8))),
    // The type of the elements comes first.
    pairs: all(pairs.length, (nth) =>
      [...pairs.bytes.subarray((nth + 1) * pairs.size - 2, (nth + 1) * pairs.size)].join(),
    ),
    texts: all(index.length, text),
  };
}
