import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { tableEncoding } from '@kohakuvault/core-native/internal/database';
import { decodeValue, encodeValue } from '@kohakuvault/packer/value';
import { TextVault, type Tokenizer } from '@kohakuvault/text';
import { declaredTexts } from '@kohakuvault/text/inspect';
import { oneOf } from '../command/arguments.ts';
import type { Call, OptionSpecs } from '../command/command.ts';
import { withTransaction } from '../file/long-transaction.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { refuseOthers } from '../file/refuse-others.ts';
import { formatOf } from '../formats/format.ts';
import { eachRecord } from '../kv/import-ndjson.ts';
import { readRecord } from '../kv/json-record.ts';
import { encodedTexts } from './choose-texts.ts';

export const TEXT_IMPORT_OPTIONS = {
  texts: { type: 'string', value: 'table', about: 'import JSON lines with "text" or "texts" into a table of texts' },
  tokenizer: {
    type: 'string',
    value: 'name',
    about: 'tokenizer of a new table of texts: unicode61 (default), porter, trigram or words',
  },
} as const satisfies OptionSpecs;

const TOKENIZERS: readonly Tokenizer[] = ['unicode61', 'porter', 'trigram', 'words'];

interface TextImport {
  readonly path: string;
  readonly source: string;
  readonly name: string;
  readonly format: string | undefined;
  readonly busyTimeout: number | undefined;
}

/** A document of a line. */
interface Line {
  readonly id: bigint | undefined;
  readonly texts: Record<string, string>;
  readonly stored: Buffer;
}

/** Adds the documents of JSON lines to a table of texts, in one transaction. The first line names the columns. */
export async function importTexts(given: TextImport, call: Call<typeof TEXT_IMPORT_OPTIONS>) {
  const { path, source, name, busyTimeout } = given;
  formatOf(source, given.format, 'texts', ['ndjson']);
  const tokenizer = oneOf('tokenizer', call.options.tokenizer, TOKENIZERS);
  refuseOthers(path);
  using file = new OpenedFile(path, { writable: 'or new', busyTimeout });
  using bar = call.progress({ label: 'importing', unit: 'bytes' });
  const imported = await withTransaction(file, () => {
    let write: ((line: Line) => void) | undefined;
    return eachRecord(source, (record, done) => {
      const line = readLine(record);
      write ??= writerOf(file, name, Object.keys(line.texts), tokenizer);
      write(line);
      bar.update(done);
    });
  });
  return { imported, into: name };
}

/** Returns what writes documents whose values are in the default encoding, whatever the encoding of the table. */
function writerOf(
  file: OpenedFile,
  table: string,
  named: readonly string[],
  tokenizer: Tokenizer | undefined,
): (line: Line) => void {
  const { name, valueEncoding } = tableEncoding(file.database, table);
  if (valueEncoding === undefined) {
    throw new InvalidArgument(
      `the values of ${table} are encoded by ${JSON.stringify(name)}, a codec of a program; import into another table`,
    );
  }
  const present = declaredTexts(file.database).find((one) => one.table === table)?.declaration;
  const columns = present?.columns ?? named;
  // Opened inside the transaction, so that a failed import leaves no empty table.
  new TextVault<unknown, string>(file.source, { table, columns, tokenizer, valueEncoding }).close();
  if (valueEncoding === 'auto') {
    const vault = encodedTexts(file, { table, columns });
    return ({ id, texts, stored }) => vault.insert(texts, stored, { id });
  }
  const vault = new TextVault<unknown, string>(file.source, { table, columns, valueEncoding });
  return ({ id, texts, stored }) => vault.insert(texts, decodeValue(stored), { id });
}

function readLine(record: unknown): Line {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new InvalidArgument('it is not an object; expected {"text": ..., "value": ...}');
  }
  const { id, text, texts } = record as Record<string, unknown>;
  const value = ['value', 'bytes', 'stored'].filter((name) => Object.hasOwn(record, name));
  const known = Object.fromEntries(value.map((name) => [name, (record as Record<string, unknown>)[name]]));
  const entry = readRecord({ key: '', ...(value.length === 0 ? { value: null } : known) });
  return {
    id: id === undefined ? undefined : idOf(id),
    texts: textsOf(text, texts),
    stored: 'stored' in entry ? entry.stored : Buffer.from(encodeValue(entry.value)),
  };
}

function idOf(id: unknown): bigint {
  if (typeof id === 'number' && Number.isSafeInteger(id)) return BigInt(id);
  if (typeof id === 'string' && /^\d{1,19}$/.test(id)) return BigInt(id);
  throw new InvalidArgument(`its "id" is ${JSON.stringify(id)}; expected a whole number`);
}

function textsOf(text: unknown, texts: unknown): Record<string, string> {
  if (typeof text === 'string') return { content: text };
  const isTexts = typeof texts === 'object' && texts !== null && !Array.isArray(texts);
  if (isTexts && Object.values(texts).every((one) => typeof one === 'string')) return texts as Record<string, string>;
  throw new InvalidArgument('it has no "text" that is a string, nor "texts" with a string for each column');
}
