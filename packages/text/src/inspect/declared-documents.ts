import { CorruptData } from '@kohakuvault/core-native/internal';
import {
  type Database,
  fromBetterSqlite3,
  quoteIdentifier,
  schemaTables,
} from '@kohakuvault/core-native/internal/database';
import type { Tokenizer } from '../declaration.ts';
import { declaredTexts } from './declarations.ts';

/** What a file says of the documents of a DocumentVault. */
export interface DeclaredDocuments {
  readonly table: string;
  /** The model whose vectors are searched; empty if it has no name. */
  readonly model: string;
  readonly dimensions: number;
  readonly tokenizer: Tokenizer;
  /** Its other tables, among them those of a TextVault and of a VectorKVault for each model. */
  readonly related: readonly string[];
}

interface Model {
  readonly number: number;
  readonly model: string;
  readonly dimensions: number;
  readonly ready: number;
}

const TEXTS = '_text';
const OWN = ['', '_chunks', '_models', '_pending'];

/** Returns the vaults of documents, by name. */
export function declaredDocuments(database: Database): DeclaredDocuments[] {
  const names = new Set(schemaTables(database).map(({ name }) => name));
  return declaredTexts(database).flatMap(({ table: texts, declaration }) => {
    const table = texts.endsWith(TEXTS) ? texts.slice(0, -TEXTS.length) : undefined;
    if (table === undefined || !declaration || !OWN.every((suffix) => names.has(table + suffix))) return [];
    const models = modelsOf(database, `${table}_models`);
    const ready = models.find((row) => row.ready);
    if (!ready) return [];
    const vectors = models.map(({ number }) => (number === 1 ? `${table}_vectors` : `${table}_vectors_${number}`));
    const { model, dimensions } = ready;
    const related = [...OWN.slice(1).map((suffix) => table + suffix), texts, ...vectors];
    return [{ table, model, dimensions, tokenizer: declaration.tokenizer as Tokenizer, related }];
  });
}

/** Returns the models of a table; none if it is a table of somebody else. */
function modelsOf(database: Database, table: string): Model[] {
  try {
    const sql = `SELECT number, model, dimensions, ready FROM main.${quoteIdentifier(table)}`;
    return database.prepare(sql).all() as Model[];
  } catch (error) {
    const translated = fromBetterSqlite3(error);
    if (translated instanceof CorruptData) throw translated;
    return [];
  }
}
