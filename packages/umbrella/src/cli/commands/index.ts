import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import { type Call, defineCommand } from '../command/command.ts';
import { UsageError } from '../command/exit-code.ts';
import { BUSY_OPTION, busyTimeout } from '../file/busy-option.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { count, plural, size } from '../terminal/text.ts';
import { encodedVectors, existingVectors } from '../vectors/choose-vectors.ts';

const ACTIONS = ['create', 'drop'] as const;
/** What the part that is done is shown as. */
const PERCENT = 100;

export const command = defineCommand({
  usage: ['create <file>', 'drop <file>'],
  about:
    'Makes the index of a table of vectors, by which approximate searches look at a part of the vectors only, or ' +
    'removes it. An index that exists is made again. Others can write meanwhile.',
  least: 2,
  most: 2,
  options: {
    table: { type: 'string', short: 't', value: 'table', about: 'the table of vectors, if there are several' },
    lists: { type: 'string', value: 'number', about: 'how many lists; default: as many as suit the table' },
    ...BUSY_OPTION,
  },
  examples: [
    ['create vault.db', 'prints how many lists it has'],
    ['drop vault.db --table notes', 'removes the index of one of several tables'],
  ],
  async run(call) {
    const [action, path] = call.args as [string, string];
    if (!ACTIONS.includes(action as (typeof ACTIONS)[number])) {
      throw new UsageError(`index: expected ${ACTIONS.join(' or ')}, got ${action}`);
    }
    using file = new OpenedFile(path, { writable: 'existing', busyTimeout: busyTimeout(call.options) });
    using vault = encodedVectors(file, existingVectors(file, call.options.table ?? onlyTable(file)));
    if (action === 'drop') {
      const dropped = vault.dropIndex();
      if (call.options.json) await call.output.line(JSON.stringify({ dropped }));
      else await call.output.line(dropped ? `dropped the index of ${vault.table}` : `${vault.table} has no index`);
      return undefined;
    }
    await create(vault, call, listsOf(call.options.lists));
    return undefined;
  },
});

async function create(vault: ReturnType<typeof encodedVectors>, call: Call, lists: number | undefined): Promise<void> {
  {
    using bar = call.progress({ label: 'indexing', unit: 'items', total: PERCENT });
    await vault.createIndexAsync({ lists, onProgress: (done) => bar.update(Math.round(done * PERCENT)) });
  }
  const { index } = vault.info();
  if (!index) return;
  if (call.options.json) await call.output.line(JSON.stringify(index));
  else {
    await call.output.line(
      `${vault.table}: ${plural(index.indexed, 'vector')} in ${count(index.lists)} lists, ${size(index.bytes)}`,
    );
  }
}

function onlyTable(file: OpenedFile): string {
  const names = declaredVectors(file.database).map(({ table }) => table);
  const [name, ...others] = names;
  if (name === undefined) throw new InvalidArgument(`${file.path} has no table of vectors`);
  if (others.length > 0) throw new UsageError(`there are several tables: ${names.join(', ')}; choose one by --table`);
  return name;
}

function listsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const lists = Number(text);
  if (Number.isInteger(lists) && lists > 0) return lists;
  throw new UsageError(`--lists is ${text}; expected a whole number from 1 on`);
}
