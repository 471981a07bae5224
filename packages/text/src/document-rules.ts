import { checkOptions, describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { TOKENIZER_NAMES, type Tokenizer } from './declaration.ts';
import type { ChunkSizes } from './documents/chunks.ts';
import type { Embed } from './documents/embed.ts';
import { checkField, FIELD_TYPES, type FieldTypes } from './documents/fields.ts';
import { MODEL_RULES, required } from './documents/model-rules.ts';

/** What a vault of documents is told wherever it is stored. */
export interface SharedDocumentOptions {
  /** Returns the vectors of texts, for example those of a language model. */
  embed: Embed;
  /** The number of elements of a vector. */
  dimensions: number;
  /** The name of the model that makes the vectors. The vault keeps it, and is refused with another name. */
  model?: string | undefined;
  /** The fields of documents and their types. Default: any fields. */
  fields?: FieldTypes | undefined;
  /** The length of chunks in units of UTF-16, and how much of a chunk the next one repeats. Default 1,000 and 150. */
  chunk?: { size?: number | undefined; overlap?: number | undefined } | undefined;
  /** How words are found: as in TextVault. Default for new tables 'unicode61'. */
  tokenizer?: Tokenizer | undefined;
}

export interface DocumentSettings {
  readonly embed: Embed;
  readonly dimensions: number;
  readonly model: string | undefined;
  readonly fields: FieldTypes | undefined;
  readonly sizes: ChunkSizes;
  readonly tokenizer: Tokenizer | undefined;
}

const SIZE = 1_000;
const OVERLAP = 150;

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rules of the options that say what a vault of documents holds, wherever it is stored. */
export const DOCUMENT_RULES = {
  ...MODEL_RULES,
  fields: { expected: "an object such as { year: 'i64' }", accepts: isObject },
  chunk: { expected: '{ size, overlap }', accepts: isObject },
  tokenizer: rules.oneOf(...TOKENIZER_NAMES),
};

/** Checks what the rules leave open, and fills in what was left out. */
export function documentSettings(
  owner: string,
  { fields, chunk, tokenizer, model, ...given }: Partial<SharedDocumentOptions>,
): DocumentSettings {
  const { embed, dimensions } = required(owner, given);
  checkOptions(`${owner}: chunk`, chunk, { size: rules.wholeNumber(1), overlap: rules.wholeNumber(0) });
  const size = chunk?.size ?? SIZE;
  const overlap = chunk?.overlap ?? Math.min(OVERLAP, Math.floor(size / 4));
  if (overlap >= size) {
    throw new InvalidArgument(`${owner}: chunk.overlap is ${overlap}; expected less than the size, ${size}`);
  }
  for (const [name, type] of Object.entries(fields ?? {})) {
    checkField(`${owner}: fields`, name, undefined);
    if (FIELD_TYPES.includes(type)) continue;
    throw new InvalidArgument(
      `${owner}: fields: ${describe(name)} is ${describe(type)}; expected ${FIELD_TYPES.map(describe).join(' or ')}`,
    );
  }
  return { embed, dimensions, model, fields: fields && { ...fields }, sizes: { size, overlap }, tokenizer };
}
