import { InvalidArgument, KohakuVaultError, NotFound, plural } from '@kohakuvault/core-native/internal';
import { wholeNumber } from '../command/arguments.ts';
import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { FileSide } from '../copy/file-side.ts';
import { makeSame, type Pass } from '../copy/make-same.ts';
import { ServerSide } from '../copy/server-side.ts';
import type { NamedDict, Shelf, Side } from '../copy/side.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { printable } from '../terminal/text.ts';

/** A source that still differs after so many passes changes faster than it is copied. */
const MOST_PASSES = 20;

export const command = defineCommand({
  usage: ['<file> <postgres-url>', '<postgres-url> <file>'],
  about:
    'Copies the key-value tables of a file to a PostgreSQL server, or back, byte by byte. It reads both sides again ' +
    'until nothing differs, so it catches up with programs that write meanwhile. A copy that was broken off goes on ' +
    'with --update.',
  least: 2,
  most: 2,
  options: {
    table: { type: 'string', short: 't', value: 'name', repeats: true, about: 'only this key-value table' },
    update: { type: 'boolean', about: 'make tables that have entries the same: others are replaced and deleted' },
    schema: { type: 'string', value: 'name', about: 'the schema on the server' },
    partitions: { type: 'string', value: 'count', about: 'divide new tables of the server by the hash of the key' },
    ...BUSY_OPTION,
  },
  examples: [
    ['vault.db postgres://user@host/database', 'copies all key-value tables'],
    ['postgres://user@host/database backup.db --update', 'brings a copy up to date'],
  ],
  async run(call) {
    const { options } = call;
    const [from, to] = call.args as [string, string];
    if (isUrl(from) === isUrl(to)) throw new UsageError('copy needs a file and a URL such as postgres://user@host/db');
    const partitions = options.partitions === undefined ? undefined : wholeNumber('partitions', options.partitions, 0);
    await using source = isUrl(from) ? await ServerSide.open(from, options.schema) : FileSide.source(from);
    const dicts = chosen(source, await source.dicts(), options.table);
    await using target = isUrl(to)
      ? await ServerSide.open(to, options.schema, partitions)
      : FileSide.target(to, busyTimeout(options));
    if (!options.update) await refuseFilled(target, dicts);
    const copied: (NamedDict & Pass)[] = [];
    for (const dict of dicts) {
      const pass = await copyDict(source, target, dict, (label) => call.progress({ label, unit: 'items' }));
      copied.push({ ...dict, ...pass });
    }
    if (options.json) {
      const tables = copied.map(({ name, entries, digest }) => ({ table: name, entries, sha256: digest }));
      await call.output.line(JSON.stringify({ from: source.shown, to: target.shown, tables }));
    } else {
      for (const { name, entries, digest } of copied) {
        await call.output.line(`${printable(name)}  ${plural(entries, 'entry', 'entries')}  sha256 ${digest}`);
      }
    }
    const others = source.others();
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
  const found = wanted ? dicts.filter(({ name }) => wanted.includes(name)) : dicts;
  if (found.length === 0) throw new NotFound(`${source.shown} has no key-value table to copy`);
  return found;
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

async function copyDict(
  source: Side,
  target: Side,
  dict: NamedDict,
  progress: (label: string) => { update(done: number, total?: number): void; end(): void },
): Promise<Pass> {
  const [from, to]: [Shelf, Shelf] = [await source.open(dict), await target.open(dict)];
  for (let number = 1; number <= MOST_PASSES; number++) {
    const bar = progress(number === 1 ? `copying ${dict.name}` : `comparing ${dict.name}`);
    const total = await from.size();
    try {
      const pass = await makeSame(from, to, (done) => bar.update(done, total));
      // Nothing differed: every key and every byte is on the other side.
      if (pass.changes === 0) return pass;
    } finally {
      bar.end();
    }
  }
  throw new KohakuVaultError(
    `${dict.name} changes faster than it is copied: it still differed after ${MOST_PASSES} passes; ` +
      'what was copied stays, and --update goes on',
  );
}
