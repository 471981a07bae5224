import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { countRows, tableEncoding } from '@kohakuvault/core-native/internal/database';
import { type DeclaredTexts, declaredTexts } from '@kohakuvault/text/inspect';
import type { Params } from '../api/params.ts';
import type { Id, TextRow, TextRows, TextTable, TextTables } from '../api/types.ts';
import type { AnyTexts, Valued, VaultFile } from '../file/vault-file.ts';
import { codeOfTexts } from '../values/code-samples.ts';
import { shownStored } from '../values/shown-stored.ts';
import { CELL, WHOLE } from '../values/value-node.ts';

/** The characters of each text in lists. */
const SHOWN = 1_000;
/** The characters of each text of one row. */
const MOST_SHOWN = 2_000_000;

/** Returns the tables of texts of a file. */
export function textTables(file: VaultFile): TextTables {
  return file.consistently(() => ({
    tables: declaredTexts(file.database).map((declared) => tableOf(file, declared)),
    version: file.version(),
  }));
}

function tableOf(file: VaultFile, { table, declaration }: DeclaredTexts): TextTable {
  const columns = [...(declaration?.columns ?? [])];
  return {
    table,
    documents: countRows(file.database, `${table}_docsize`) ?? null,
    columns,
    tokenizer: declaration?.tokenizer ?? '',
    encoding: tableEncoding(file.database, table).name,
    problem: declaration
      ? null
      : { code: 'KV_NOT_FOUND', message: `${table} is a table of FTS5, but not of a TextVault` },
    code: codeOfTexts(file.path, table, columns),
  };
}

/** Returns a page of documents by their ids. */
export function textRows(file: VaultFile, params: Params): TextRows {
  const table = params.text('table');
  const limit = params.whole('limit', { least: 1, most: 200 }) ?? 50;
  const after = params.optionalText('after');
  return file.consistently(() => {
    const valued = file.texts(table);
    const rows: TextRow[] = [];
    let next: Id | null = null;
    for (const row of valued.vault.entries({
      limit: limit + 1,
      ...(after === undefined ? {} : { gt: textId(after) }),
    })) {
      if (rows.length === limit) {
        next = rows.at(-1)?.id ?? null;
        break;
      }
      rows.push(rowOf(valued, row, true));
    }
    return { rows, next, version: file.version() };
  });
}

/** Returns one document as a whole. */
export function textRow(file: VaultFile, params: Params): TextRow {
  const table = params.text('table');
  const id = params.text('id');
  return file.consistently(() => {
    const valued = file.texts(table);
    const found = valued.vault.getById(textId(id));
    if (!found) throw new NotFound(`${table} has no document with the id ${id}`);
    return rowOf(valued, [found.id, found.texts, found.value], false);
  });
}

function rowOf(
  { decode }: Valued<AnyTexts>,
  [id, texts, value]: [bigint, Record<string, string>, Buffer],
  isCell: boolean,
): TextRow {
  const most = isCell ? SHOWN : MOST_SHOWN;
  const shown = Object.entries(texts).map(([name, text]) => {
    return [name, { text: text.slice(0, most), cut: text.length > most }] as const;
  });
  return { id: String(id), texts: Object.fromEntries(shown), value: shownStored(decode, value, isCell ? CELL : WHOLE) };
}

export function textId(text: Id): bigint {
  if (/^-?\d{1,19}$/.test(text)) return BigInt(text);
  throw new InvalidArgument(`id is ${JSON.stringify(text)}; expected the digits of a whole number`);
}
