import { closest, InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { storedValues } from '@kohakuvault/core-native/internal/database';
import { TextVault } from '@kohakuvault/text';
import { declaredTexts } from '@kohakuvault/text/inspect';
import type { OpenedFile } from '../file/opened-file.ts';

/** The options that a table of texts is opened with. */
export interface TextTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Returns the options that open a table of texts. Without a name, the file must have only one. */
export function existingTexts(file: OpenedFile, name: string | undefined): TextTable {
  const declared = declaredTexts(file.database);
  const own = declared.filter(({ declaration }) => declaration !== undefined);
  const found = name === undefined ? own[0] : declared.find(({ table }) => table === name);
  if (found?.declaration && (name !== undefined || own.length === 1)) {
    return { table: found.table, columns: found.declaration.columns };
  }
  const names = own.map(({ table }) => table);
  if (name === undefined && own.length > 1) {
    throw new InvalidArgument(`${file.path} has several tables of texts; choose one with --texts: ${names.join(', ')}`);
  }
  if (found) throw new InvalidArgument(`${name} is a table of FTS5, but not of a TextVault`);
  const near = name === undefined ? undefined : closest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.length > 0 ? names.join(', ') : 'no texts'}`;
  throw new NotFound(name === undefined ? `${file.path} has no texts` : `there are no texts called ${name}; ${hint}`);
}

/** Opens a table of texts whose values are read and written as they are encoded. */
export function encodedTexts(file: OpenedFile, options: TextTable): TextVault<Buffer, string> {
  return new TextVault<Buffer, string>(file.source, { ...options, autoPack: false, ...storedValues });
}
