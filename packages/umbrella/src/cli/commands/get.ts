import { writeFile } from 'node:fs/promises';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { KeyEncoding, KVault } from '@kohakuvault/kvault';
import { type Call, defineCommand, type OptionSpecs } from '../command/command.ts';
import { contentsOf } from '../file/contents.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { existingTable, TABLE_OPTION } from '../kv/choose-table.ts';
import { EncodedTable } from '../kv/encoded-table.ts';
import { recordLine } from '../kv/json-record.ts';
import { HEX_OPTION, keyOf } from '../kv/keys.ts';
import { missingKey } from '../kv/missing-key.ts';
import { openTable } from '../kv/open-table.ts';
import { isPlainText, shownValue } from '../kv/show-value.ts';
import { plural, size } from '../terminal/text.ts';

/** The most bytes that are printed on a terminal. */
const SHOWN_BYTES = 64 * 1024;

const OPTIONS = {
  output: { type: 'string', short: 'o', value: 'path', about: 'save to a file; - is stdout' },
  raw: { type: 'boolean', about: 'print the stored bytes, with the header that tells their encoding' },
  ...TABLE_OPTION,
  ...HEX_OPTION,
  ...UNTRUSTED_OPTION,
} as const satisfies OptionSpecs;

type GetCall = Call<typeof OPTIONS>;

export const command = defineCommand({
  usage: ['<file> <key>'],
  about:
    'Prints a value. Bytes and text are printed unchanged, whatever their size. Other values are printed as JSON ' +
    'if JSON can represent them, otherwise as Node prints them. Bytes that are not text are printed on a terminal ' +
    'only with -o -.',
  least: 2,
  most: 2,
  options: OPTIONS,
  examples: [
    ['vault.db user:1', 'prints a value'],
    ['media.db film.mp4 -o film.mp4', 'saves a value, in constant memory'],
    ['vault.db user:1 | jq .name', 'prints a field of a value'],
  ],
  async run(call) {
    const { options, args } = call;
    using file = new OpenedFile(args[0] as string, { untrusted: options.untrusted });
    const table = existingTable(file.path, contentsOf(file.database), options.table);
    const key = keyOf(args[1] as string, options.hex);
    const encoded = new EncodedTable(file, table);
    const found = encoded.look(key);
    if (!found) throw missingKey(encoded.vault, key);
    if (options.json) {
      await writeText(recordLine(encoded.record(Buffer.from(key))), call);
      return undefined;
    }
    if (options.raw) {
      await writeBytes(encoded.vault, key, call);
      return undefined;
    }
    using vault = openTable(file, table);
    if (found.encoding === 'bytes') {
      await writeBytes(vault, key, call);
    } else {
      const onTerminal = call.output.isTerminal && options.output === undefined;
      const value = vault.getOrThrow(key);
      const text = shownValue(value, { colors: onTerminal && call.style.colored, safe: onTerminal });
      // Text is printed exactly. On a terminal, a line break keeps the prompt on its own line.
      const end = typeof value === 'string' && !onTerminal ? '' : '\n';
      await writeText(`${text}${end}`, call);
    }
    return undefined;
  },
});

async function writeText(text: string, { options, output }: GetCall): Promise<void> {
  const target = options.output;
  if (target === undefined || target === '-') await output.write(text);
  else await writeFile(target, text);
}

async function writeBytes(
  vault: KVault<unknown, KeyEncoding, boolean>,
  key: string | Buffer,
  call: GetCall,
): Promise<void> {
  const { options, output } = call;
  const target = options.output;
  if (target !== undefined && target !== '-') {
    using progress = call.progress({ label: 'saving', unit: 'bytes' });
    const bytes = await vault.getToFile(key, target, { onProgress: (done, total) => progress.update(done, total) });
    progress.end();
    call.note(`saved ${size(bytes)} to ${target}`);
    return;
  }
  const onTerminal = output.isTerminal && target === undefined;
  if (onTerminal) refuseOnTerminal(vault, key);
  for await (const chunk of vault.createReadStream(key)) await output.write(chunk as Buffer);
  if (onTerminal) await output.write('\n');
}

function refuseOnTerminal(vault: KVault<unknown, KeyEncoding, boolean>, key: string | Buffer): void {
  using blob = vault.openBlob(key);
  if (blob.size <= SHOWN_BYTES && isPlainText(blob.read(0, blob.size))) return;
  throw new InvalidArgument(
    `the value is ${plural(blob.size, 'byte')} that a terminal cannot show; save them with -o <path>, or print ` +
      'them with -o -',
  );
}
