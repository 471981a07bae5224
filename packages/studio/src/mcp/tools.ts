import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { bodyRules, checkBody } from '../api/body.ts';
import { Params } from '../api/params.ts';
import type { KeyCount } from '../api/types.ts';
import { columnOf } from '../columns/column-list.ts';
import { columnTable } from '../columns/column-table.ts';
import { histogramTask, summaryTask } from '../columns/statistics.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { keyOf, refOf } from '../keys/key-ref.ts';
import { countArgs, countTask, keysPage } from '../keys/keys-page.ts';
import { overview } from '../overview/overview.ts';
import { hybridTexts } from '../texts/hybrid-search.ts';
import { textSearch } from '../texts/text-search.ts';
import { mediaTypeOf, textOf } from '../values/media-type.ts';
import { decodeWhole, isBytes, openStored } from '../values/stored-value.ts';
import { typedJson } from '../values/typed-json.ts';
import { nodeOf } from '../values/value-node.ts';
import { type Embed, embedded, vectorSearch } from '../vectors/vector-search.ts';
import type { TaskContext } from '../work/task.ts';
import { plainOf } from './plain.ts';

/** What a tool works with. */
export interface ToolContext {
  readonly file: VaultFile;
  readonly embed: Embed | undefined;
  readonly signal: AbortSignal;
}

export interface Tool {
  readonly description: string;
  /** A JSON Schema of its arguments. */
  readonly inputSchema: { readonly type: 'object'; readonly properties: object; readonly required?: readonly string[] };
  /** Whether it changes the file. */
  readonly writes?: true;
  run(context: ToolContext, given: Record<string, unknown>): unknown;
}

/** Characters of a text that an answer has. */
export const MOST_TEXT = 20_000;
const MOST_ROWS = 200;

const text = (description: string) => ({ type: 'string', description });
const whole = (description: string, most: number) => ({ type: 'integer', minimum: 0, maximum: most, description });
const KEY = 'The key as text; or x: and the hexadecimal digits of a key that is not text, as scan returns it.';

/** The tools that agents have, by their names. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  list_tables: {
    description:
      'Lists what is in the file: key-value tables, columns, tables of vectors and of texts, with counts and types.',
    inputSchema: { type: 'object', properties: {} },
    run: ({ file }) => {
      const about = { id: '0', name: '', path: file.path, readonly: file.readonly };
      const { kv, columns, frames, vectors, texts, bytes, schemaVersion, others } = overview(file, about);
      const shown = columns.slice(0, MOST_ROWS);
      return {
        bytes,
        schemaVersion,
        kv,
        columns: shown,
        moreColumns: columns.length - shown.length,
        frames,
        vectors,
        texts,
        others,
      };
    },
  },
  get: {
    description:
      'Returns one value of a key-value table: as JSON with types, as text, or the type and length of bytes.',
    inputSchema: {
      type: 'object',
      properties: {
        table: text('The key-value table; default kv.'),
        key: text(KEY),
        offset: whole('Where in a long text to begin.', Number.MAX_SAFE_INTEGER),
      },
      required: ['key'],
    },
    run: ({ file }, given) => {
      const rules = { table: bodyRules.text, key: bodyRules.text, offset: bodyRules.whole(0) };
      const {
        table = 'kv',
        key,
        offset = 0,
      } = checkBody<{ table?: string; key: string; offset?: number }>('get', given, rules, ['key']);
      return file.consistently(() => shownValue(file, table, keyGiven(key), offset));
    },
  },
  scan: {
    description: 'Lists keys of a key-value table in byte order, with the lengths of their values, a page at a time.',
    inputSchema: {
      type: 'object',
      properties: {
        table: text('The key-value table; default kv.'),
        prefix: text('Only keys that begin so.'),
        after: text('The next of the page before.'),
        reverse: { type: 'boolean', description: 'From the last key to the first.' },
        limit: whole('Default 50.', MOST_ROWS),
      },
    },
    run: ({ file }, given) => {
      const rules = {
        table: bodyRules.text,
        prefix: bodyRules.text,
        after: bodyRules.text,
        reverse: flag,
        limit: bodyRules.whole(1, MOST_ROWS),
      };
      const { table = 'kv', prefix, after, reverse, limit = 50 } = checkBody<ScanArgs>('scan', given, rules, []);
      const query = new URLSearchParams({ table, limit: String(limit) });
      if (prefix !== undefined) query.set('prefix', refOf(keyGiven(prefix)));
      if (after !== undefined) query.set('after', after);
      if (reverse) query.set('reverse', '1');
      const page = keysPage(file, new Params(query));
      const { count } = countTask({ file }, countArgs(new Params(query))).next().value as KeyCount;
      const keys = page.entries.map((one) =>
        one.kind === 'key' ? { key: plainKey(one.key), bytes: one.bytes, encoding: one.encoding } : one,
      );
      return { keys, next: page.next, count };
    },
  },
  search: {
    description:
      'Searches: texts by words (give texts and query), vectors by a vector (give vectors and vector), or both (hybrid). ' +
      'Vectors are also searched by a row of their own (like).',
    inputSchema: {
      type: 'object',
      properties: {
        texts: text('A table of texts.'),
        vectors: text('A table of vectors.'),
        query: text('The words.'),
        vector: { type: 'array', items: { type: 'number' }, description: 'The vector to look for.' },
        like: text('The id of a row to which others are near.'),
        where: {
          type: 'object',
          description: 'A condition on the fields of vectors, such as {"year": {"$gte": 2020}}.',
        },
        k: whole('The number of results; default 10.', 100),
      },
    },
    run: search,
  },
  column_stats: {
    description: 'Returns count, least, greatest, mean, variance, quantiles and a histogram of a column of numbers.',
    inputSchema: {
      type: 'object',
      properties: {
        name: text('The column.'),
        start: { type: 'integer' },
        end: { type: 'integer' },
        bins: whole('Default 20.', 200),
      },
      required: ['name'],
    },
    run: ({ file, signal }, given) => {
      const range = { expected: 'a whole number', accepts: Number.isSafeInteger };
      const rules = { name: bodyRules.text, start: range, end: range, bins: bodyRules.whole(1, 200) };
      const { name, start, end, bins = 20 } = checkBody<StatsArgs>('column_stats', given, rules, ['name']);
      const context: TaskContext = { file, post: () => {}, interruptible: () => {}, signal };
      const summary = summaryTask(context, { name, start, end, quantiles: true }).next().value;
      const histogram = histogramTask(context, { name, start, end, bins, min: undefined, max: undefined }).next().value;
      const { edges, counts } = histogram as { edges: number[]; counts: number[] };
      return { ...(summary as object), histogram: { edges, counts } };
    },
  },
  column_slice: {
    description: 'Returns elements of one or several columns, row by row; negative places count from the end.',
    inputSchema: {
      type: 'object',
      properties: {
        names: { type: 'array', items: { type: 'string' }, description: 'The columns.' },
        start: { type: 'integer', description: 'The first row; default 0.' },
        count: whole('Rows; default 50.', MOST_ROWS),
      },
      required: ['names'],
    },
    run: ({ file }, given) => {
      const rules = {
        names: bodyRules.texts,
        start: { expected: 'a whole number', accepts: Number.isSafeInteger },
        count: bodyRules.whole(1, MOST_ROWS),
      };
      const { names, start = 0, count = 50 } = checkBody<SliceArgs>('column_slice', given, rules, ['names']);
      const length = Math.max(0, ...names.map((name) => columnOf(file, name).length));
      const from = Math.max(0, start < 0 ? length + start : start);
      const query = new URLSearchParams({ start: String(from), count: String(count) });
      for (const name of names) query.append('name', name);
      const { rows, columns } = columnTable(file, new Params(query));
      return {
        columns,
        start: from,
        rows: rows.map((row) => row.map((cell) => (cell === null ? null : plainOf(cell)))),
      };
    },
  },
  set: {
    description: 'Stores a JSON value under a key of a key-value table, in place of the one that is there.',
    inputSchema: {
      type: 'object',
      properties: {
        table: text('The key-value table; default kv.'),
        key: text(KEY),
        value: { description: 'Any JSON value.' },
      },
      required: ['key', 'value'],
    },
    writes: true,
    run: ({ file }, given) => {
      const rules = {
        table: bodyRules.text,
        key: bodyRules.text,
        value: { expected: 'a JSON value', accepts: () => true },
      };
      const {
        table = 'kv',
        key,
        value,
      } = checkBody<{ table?: string; key: string; value: unknown }>('set', given, rules, ['key', 'value']);
      file.writable(table).set(keyGiven(key), value as never);
      return { key, stored: true };
    },
  },
  delete: {
    description: 'Deletes keys of a key-value table.',
    inputSchema: {
      type: 'object',
      properties: {
        table: text('The key-value table; default kv.'),
        keys: { type: 'array', items: { type: 'string' }, description: KEY },
      },
      required: ['keys'],
    },
    writes: true,
    run: ({ file }, given) => {
      const rules = { table: bodyRules.text, keys: bodyRules.texts };
      const { table = 'kv', keys } = checkBody<{ table?: string; keys: string[] }>('delete', given, rules, ['keys']);
      return { deleted: file.writable(table).deleteMany(keys.map(keyGiven)) };
    },
  },
};

const flag = { expected: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' };

interface ScanArgs {
  table?: string;
  prefix?: string;
  after?: string;
  reverse?: boolean;
  limit?: number;
}

interface StatsArgs {
  name: string;
  start: number | undefined;
  end: number | undefined;
  bins?: number;
}

interface SliceArgs {
  names: string[];
  start?: number;
  count?: number;
}

interface SearchArgs {
  texts?: string;
  vectors?: string;
  query?: string;
  vector?: number[];
  like?: string;
  where?: Record<string, unknown>;
  k?: number;
}

/** A key as an agent writes it: text, or `x:` and hexadecimal. */
function keyGiven(given: string): Buffer {
  return /^x:(?:[\da-f]{2})+$/i.test(given) ? keyOf(given) : Buffer.from(given);
}

function plainKey(ref: string): string {
  const key = ref.startsWith('t:') ? ref.slice(2) : ref;
  // A text that looks like bytes is given as the bytes that it is.
  return /^x:/i.test(key) ? `x:${keyOf(ref).toString('hex')}` : key;
}

function shownValue(file: VaultFile, table: string, key: Buffer, offset: number): object {
  const stored = openStored(file, table, key);
  const about = { encoding: stored.encoding, bytes: stored.bytes };
  if (isBytes(stored)) {
    const start = stored.read(stored.front, 4_096);
    const mime = mediaTypeOf(start);
    if (mime !== 'text/plain' && mime !== 'image/svg+xml')
      return { ...about, mime: mime ?? null, hex: start.toString('hex', 0, 256) };
    return { ...about, mime, ...pieceOf(textOf(stored.read(stored.front, offset * 4 + MOST_TEXT * 4)) ?? '', offset) };
  }
  const value = decodeWhole(file, stored);
  if (typeof value === 'string') return { ...about, ...pieceOf(value, offset) };
  const json = typedJson(value, MOST_TEXT);
  if (json !== undefined) return { ...about, value: JSON.parse(json) as unknown };
  return { ...about, text: JSON.stringify(plainOf(nodeOf(value))).slice(0, MOST_TEXT), cut: true };
}

function pieceOf(whole: string, offset: number): object {
  const piece = whole.slice(offset, offset + MOST_TEXT);
  return { text: piece, ...(offset + piece.length < whole.length ? { next: offset + piece.length } : {}) };
}

async function search(context: ToolContext, given: Record<string, unknown>): Promise<unknown> {
  const rules = {
    texts: bodyRules.text,
    vectors: bodyRules.text,
    query: bodyRules.text,
    vector: bodyRules.numbers,
    like: bodyRules.text,
    where: bodyRules.object,
    k: bodyRules.whole(1, 100),
  };
  const { texts, vectors, query, vector, like, where, k = 10 } = checkBody<SearchArgs>('search', given, rules, []);
  const { file, embed, signal } = context;
  if (texts !== undefined && vectors !== undefined) {
    const body = { texts, vectors, query, k, ...(vector && { vector }) };
    const { results } = await hybridTexts(file, body, (words, table) => embedded(embed, words, table));
    return {
      results: results.map(({ value, snippets, ...one }) => ({
        ...one,
        value: plainOf(value),
        text: snippets[0]?.text,
      })),
    };
  }
  if (texts !== undefined) {
    const { results, total } = textSearch(file, { table: texts, query, k });
    return {
      total,
      results: results.map(({ id, score, value, snippets }) => ({
        id,
        score,
        value: plainOf(value),
        texts: snippets.map(({ column, text: piece }) => ({ column, text: piece })),
      })),
    };
  }
  if (vectors !== undefined) {
    const how = like !== undefined ? { id: like } : vector !== undefined ? { vector } : { text: query };
    const { results } = await vectorSearch(
      file,
      { table: vectors, k, ...how, ...(where && { where }) },
      { embed, signal },
    );
    const shown = results.map(({ id, distance, value, fields }) => ({
      id,
      distance,
      value: plainOf(value),
      fields: Object.fromEntries(Object.entries(fields).map(([name, node]) => [name, plainOf(node)])),
    }));
    return { results: shown };
  }
  throw new InvalidArgument('search expects texts, vectors or both; list_tables tells which there are');
}

export function toolOf(name: string, isWritable: boolean): Tool {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (!tool) throw new NotFound(`there is no tool ${JSON.stringify(name)}; there are ${Object.keys(TOOLS).join(', ')}`);
  if (tool.writes && !isWritable) throw new InvalidArgument(`${name} changes the file; start the server with --write`);
  return tool;
}
