import { checkOptions, describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ConnectionOptions, splitOptions } from '@kohakuvault/core-native/internal/database';
import type { VectorLike } from '@kohakuvault/vector';
import { TOKENIZER_NAMES, type Tokenizer } from './declaration.ts';
import type { ChunkSizes } from './documents/chunks.ts';
import { checkField, FIELD_TYPES, type FieldTypes } from './documents/fields.ts';

/** Returns a vector for each text. */
export type Embed = (texts: string[]) => readonly VectorLike[] | Promise<readonly VectorLike[]>;

export interface DocumentVaultOptions extends ConnectionOptions {
  /** Returns the vectors of texts, for example those of a language model. */
  embed: Embed;
  /** The number of elements of a vector. */
  dimensions: number;
  /** The name of the model that makes the vectors. The file keeps it, and a vault with another name is refused. */
  model?: string | undefined;
  /** The name of the tables. Default 'documents'. */
  table?: string | undefined;
  /** The fields of documents and their types. Default: any fields. */
  fields?: FieldTypes | undefined;
  /** The length of chunks in units of UTF-16, and how much of a chunk the next one repeats. Default 1,000 and 150. */
  chunk?: { size?: number | undefined; overlap?: number | undefined } | undefined;
  /** How words are found: as in TextVault. Default for new tables 'unicode61'. */
  tokenizer?: Tokenizer | undefined;
}

export interface DocumentOptions {
  readonly embed: Embed;
  readonly dimensions: number;
  readonly model: string | undefined;
  readonly table: string;
  readonly fields: FieldTypes | undefined;
  readonly sizes: ChunkSizes;
  readonly tokenizer: Tokenizer | undefined;
}

const MOST_DIMENSIONS = 8192;
const SIZE = 1_000;
const OVERLAP = 150;

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rules for what a model is. */
export const MODEL_RULES = {
  embed: {
    expected: 'a function that returns a vector for each text',
    accepts: (value: unknown) => typeof value === 'function',
  },
  dimensions: rules.wholeNumber(1, MOST_DIMENSIONS),
  model: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
};

const OWN_RULES = {
  ...MODEL_RULES,
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  fields: { expected: "an object such as { year: 'i64' }", accepts: isObject },
  chunk: { expected: '{ size, overlap }', accepts: isObject },
  tokenizer: rules.oneOf(...TOKENIZER_NAMES),
};

export function documentOptionsOf(options: DocumentVaultOptions): {
  own: DocumentOptions;
  connection: ConnectionOptions;
} {
  const { own, connection } = splitOptions('DocumentVault', options, OWN_RULES);
  const { table = 'documents', fields, chunk, tokenizer, model } = own;
  const { embed, dimensions } = required('DocumentVault', own);
  checkOptions('DocumentVault: chunk', chunk, { size: rules.wholeNumber(1), overlap: rules.wholeNumber(0) });
  const size = chunk?.size ?? SIZE;
  const overlap = chunk?.overlap ?? Math.min(OVERLAP, Math.floor(size / 4));
  if (overlap >= size) {
    throw new InvalidArgument(`DocumentVault: chunk.overlap is ${overlap}; expected less than the size, ${size}`);
  }
  for (const [name, type] of Object.entries(fields ?? {})) {
    checkField('DocumentVault: fields', name, undefined);
    if (FIELD_TYPES.includes(type)) continue;
    throw new InvalidArgument(
      `DocumentVault: fields: ${describe(name)} is ${describe(type)}; expected ${FIELD_TYPES.map(describe).join(' or ')}`,
    );
  }
  return {
    own: { embed, dimensions, model, table, fields: fields && { ...fields }, sizes: { size, overlap }, tokenizer },
    connection,
  };
}

/** Returns what a model must have. */
export function required(
  owner: string,
  { embed, dimensions }: { embed?: Embed | undefined; dimensions?: number | undefined },
): { embed: Embed; dimensions: number } {
  if (embed === undefined || dimensions === undefined) {
    throw new InvalidArgument(
      `${owner} expects { embed, dimensions }: a function that returns a vector for each text, and their length`,
    );
  }
  return { embed, dimensions };
}
