import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { bodyRules, checkBody } from '../api/body.ts';
import { Params } from '../api/params.ts';
import type { KeyCount } from '../api/types.ts';
import { columnOf } from '../columns/column-list.ts';
import { columnTable } from '../columns/column-table.ts';
import { histogramTask, summaryTask } from '../columns/statistics.ts';
import { refOf } from '../keys/key-ref.ts';
import { countArgs, countTask, keysPage } from '../keys/keys-page.ts';
import { overview } from '../overview/overview.ts';
import type { TaskContext } from '../work/task.ts';
import { search } from './agent-search.ts';
import { keyGiven, plainKey, shownValue } from './agent-values.ts';
import { plainOf } from './plain.ts';
import type { Tool } from './tool.ts';

const MOST_ROWS = 200;
/** An agent has no second look at what was not counted: it waits so many milliseconds. */
const PATIENCE = 2_000;

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
      const { kv, columns, frames, vectors, texts, bytes, schemaVersion, others } = overview(file, about, PATIENCE);
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

export function toolOf(name: string, isWritable: boolean): Tool {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (!tool) throw new NotFound(`there is no tool ${JSON.stringify(name)}; there are ${Object.keys(TOOLS).join(', ')}`);
  if (tool.writes && !isWritable) throw new InvalidArgument(`${name} changes the file; start the server with --write`);
  return tool;
}
