import { InvalidArgument, KohakuVaultError, NotFound, plural } from '@kohakuvault/core-native/internal';
import { showKey } from '@kohakuvault/kvault/internal';
import { wholeNumber } from '../command/arguments.ts';
import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { FileSide } from '../copy/file-side.ts';
import { makeSame, type Pass } from '../copy/make-same.ts';
import { makeSameColumn } from '../copy/make-same-column.ts';
import { makeSameRows } from '../copy/make-same-rows.ts';
import { ServerSide } from '../copy/server-side.ts';
import type { NamedColumn, NamedDict, NamedRows, RowKind, Shelf, Side } from '../copy/side.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { printable } from '../terminal/text.ts';

/** A source that still differs after so many passes, and so long, changes faster than it is copied. */
const ENOUGH_PASSES = 20;
const ENOUGH_MS = 30_000;
/** Jobs change as long as somebody works. After so many passes the copy has them as they were a moment ago. */
const PASSES_OF_JOBS = 3;

/** What a row of each kind is called. */
const ROWS: Record<RowKind, string> = { vectors: 'vector', texts: 'text', documents: 'document', jobs: 'job' };

type Copied =
  | { table: string; entries: number; sha256: string }
  | { column: string; elements: number; sha256: string }
  | { rows: string; kind: RowKind; count: number; sha256: string };

/** What is copied, opened on both sides. */
interface Opened {
  readonly name: string;
  total(): Promise<number>;
  pass(progress: (done: number) => void): Promise<Pass>;
  shown(pass: Pass): Copied;
  /** After how many passes differences are left as they are. */
  readonly passes?: number;
}

export const command = defineCommand({
  usage: ['<file> <postgres-url>', '<postgres-url> <file>'],
  about:
    'Copies the key-value tables, the columns, the vectors, the texts, the documents and the jobs of a file to a PostgreSQL server, or back, byte by byte. It reads both sides again ' +
    'until nothing differs, so it catches up with programs that write meanwhile. A copy that was broken off goes on ' +
    'with --update.',
  least: 2,
  most: 2,
  options: {
    table: {
      type: 'string',
      short: 't',
      value: 'name',
      repeats: true,
      about: 'only this key-value table, and nothing else',
    },
    update: { type: 'boolean', about: 'make tables that have entries the same: others are replaced and deleted' },
    schema: { type: 'string', value: 'name', about: 'the schema on the server' },
    partitions: { type: 'string', value: 'count', about: 'divide new tables of the server by the hash of the key' },
    columns: { type: 'string', value: 'name', about: 'the vault of columns on the server; default columns' },
    ...BUSY_OPTION,
  },
  examples: [
    ['vault.db postgres://user@host/database', 'copies everything'],
    ['postgres://user@host/database backup.db --update', 'brings a copy up to date'],
  ],
  async run(call) {
    const { options } = call;
    const { schema, columns } = options;
    const [from, to] = call.args as [string, string];
    if (isUrl(from) === isUrl(to)) throw new UsageError('copy needs a file and a URL such as postgres://user@host/db');
    const partitions = options.partitions === undefined ? undefined : wholeNumber('partitions', options.partitions, 0);
    await using source = isUrl(from) ? await ServerSide.open(from, { schema, columns }) : FileSide.source(from);
    const dicts = chosen(source, await source.dicts(), options.table);
    await using target = isUrl(to)
      ? await ServerSide.open(to, { schema, columns, partitions })
      : FileSide.target(to, busyTimeout(options));
    const sequences = options.table ? [] : await source.columns();
    const rows = options.table ? [] : await source.rowTables();
    if (dicts.length + sequences.length + rows.length === 0) throw new NotFound(`${source.shown} has nothing to copy`);
    if (!options.update) {
      await refuseFilled(target, dicts);
      await refuseFilledColumns(target, sequences);
      await refuseFilledRows(target, rows);
    }
    const bar = (label: string) => call.progress({ label, unit: 'items' });
    // All of them are opened first: what cannot be copied is refused before anything is.
    const opened: Opened[] = [];
    for (const dict of dicts) opened.push(openedDict(dict.name, await source.open(dict), await target.open(dict)));
    for (const column of sequences) {
      const [from, to] = [await source.openColumn(column), await target.openColumn(column)];
      opened.push({
        name: column.name,
        total: () => from.length(),
        pass: (progress) => makeSameColumn(from, to, progress),
        shown: ({ entries, digest }) => ({ column: column.name, elements: entries, sha256: digest }),
      });
    }
    for (const table of rows) {
      const [from, to] = [await source.openRows(table), await target.openRows(table)];
      const { name, kind } = table;
      opened.push({
        name,
        total: () => from.size(),
        pass: (progress) => makeSameRows(from, to, progress),
        ...(kind === 'jobs' && { passes: PASSES_OF_JOBS }),
        shown: ({ entries, digest }) => ({ rows: name, kind, count: entries, sha256: digest }),
      });
    }
    const copied: Copied[] = [];
    const moving: string[] = [];
    for (const one of opened) {
      const pass = await untilSame(one, bar);
      if (pass.changes > 0) moving.push(one.name);
      copied.push(one.shown(pass));
    }
    if (options.json) {
      const of = (kind: RowKind) =>
        copied.flatMap((one) =>
          'rows' in one && one.kind === kind ? [{ table: one.rows, count: one.count, sha256: one.sha256 }] : [],
        );
      const [tables, elements] = [copied.filter((one) => 'table' in one), copied.filter((one) => 'column' in one)];
      await call.output.line(
        JSON.stringify({
          from: source.shown,
          to: target.shown,
          tables,
          columns: elements,
          vectors: of('vectors'),
          texts: of('texts'),
          documents: of('documents'),
          jobs: of('jobs'),
        }),
      );
    } else {
      for (const one of copied) {
        const [name, what] = shownOf(one);
        await call.output.line(`${printable(name)}  ${what}  sha256 ${one.sha256}`);
      }
    }
    if (moving.length > 0) {
      call.note(`jobs were worked on meanwhile, and are there as they were a moment ago: ${moving.join(', ')}`);
    }
    const others = await source.others();
    if (others.length > 0) call.note(`not copied: ${others.join(', ')}`);
    return undefined;
  },
});

function isUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text);
}

function chosen(source: Side, dicts: NamedDict[], wanted: readonly string[] | undefined): NamedDict[] {
  for (const name of wanted ?? []) {
    if (dicts.some((dict) => dict.name === name)) continue;
    const found = dicts.length > 0 ? `; it has ${dicts.map((dict) => dict.name).join(', ')}` : '';
    throw new NotFound(`${source.shown} has no key-value table ${JSON.stringify(name)}${found}`);
  }
  return wanted ? dicts.filter(({ name }) => wanted.includes(name)) : dicts;
}

/** Refuses to delete or replace what somebody has stored. */
async function refuseFilled(target: Side, dicts: readonly NamedDict[]): Promise<void> {
  const present = await target.dicts();
  for (const { name } of dicts) {
    const twin = present.find((one) => one.name === name);
    if (!twin || (await (await target.open(twin)).size()) === 0) continue;
    throw new InvalidArgument(
      `${target.shown} has entries in ${name}; --update makes them the same as those of the source, and deletes others`,
    );
  }
}

async function refuseFilledColumns(target: Side, columns: readonly NamedColumn[]): Promise<void> {
  const present = await target.columns();
  for (const { name } of columns) {
    const twin = present.find((one) => one.name === name);
    if (!twin || (await (await target.openColumn(twin)).length()) === 0) continue;
    throw new InvalidArgument(
      `${target.shown} has elements in the column ${name}; --update makes it the same as that of the source`,
    );
  }
}

async function refuseFilledRows(target: Side, tables: readonly NamedRows[]): Promise<void> {
  const present = await target.rowTables();
  for (const { name } of tables) {
    const twin = present.find((one) => one.name === name);
    if (!twin || (await (await target.openRows(twin)).size()) === 0) continue;
    throw new InvalidArgument(
      `${target.shown} has ${twin.kind} in ${name}; --update makes them the same as those of the source, and deletes others`,
    );
  }
}

function shownOf(one: Copied): [name: string, what: string] {
  if ('table' in one) return [one.table, plural(one.entries, 'entry', 'entries')];
  if ('column' in one) return [one.column, plural(one.elements, 'element')];
  return [one.rows, plural(one.count, ROWS[one.kind])];
}

function openedDict(name: string, from: Shelf, to: Shelf): Opened {
  const long = to.longestKey === undefined ? undefined : from.keyBeyond?.(to.longestKey);
  if (long) {
    throw new InvalidArgument(
      `${name} has a key of ${long.length} bytes, and PostgreSQL's index allows ${to.longestKey}; delete or rename it: ` +
        `${showKey(long.subarray(0, 60))}...`,
    );
  }
  return {
    name,
    total: () => from.size(),
    pass: (progress) => makeSame(from, to, progress),
    shown: ({ entries, digest }) => ({ table: name, entries, sha256: digest }),
  };
}

/** Makes passes until one finds no difference. */
async function untilSame(
  { name, total, pass, passes }: Opened,
  progress: (label: string) => { update(done: number, total?: number): void; end(): void },
): Promise<Pass> {
  const start = performance.now();
  let number = 1;
  for (; number <= ENOUGH_PASSES || performance.now() - start < ENOUGH_MS; number++) {
    const bar = progress(`${number === 1 ? 'copying' : 'comparing'} ${name}`);
    const expected = await total();
    try {
      const found = await pass((done) => bar.update(done, expected));
      // Nothing differed: every key and every byte is on the other side.
      if (found.changes === 0 || number === passes) return found;
    } finally {
      bar.end();
    }
  }
  throw new KohakuVaultError(
    `${name} changes faster than it is copied: it still differed after ${number - 1} passes; ` +
      'what was copied stays, and --update goes on',
  );
}
