import { checkOptions, describe, InvalidArgument, isTagged, rules } from '@kohakuvault/core-native/internal';
import type { Where } from './documents/where.ts';

export interface DocumentSearchOptions {
  /** The number of results. Default 10. */
  k?: number | undefined;
  /** Limits the search to documents with such fields: `{ year: { $gte: 2020 }, author: 'a' }`. */
  where?: Where | undefined;
  /** 'hybrid' searches by words and vectors, the others by one of them. Default 'hybrid'. */
  mode?: 'hybrid' | 'text' | 'vector' | undefined;
  /** Returns only the best chunk of each document. Default false. */
  distinct?: boolean | undefined;
  /** Ends the search, also while the model works. The look-up in the file is one call, which it does not end. */
  signal?: AbortSignal | undefined;
}

export interface DocumentResult<V> {
  document: { id: string; value: V };
  /** The chunk that was found, and where it begins and ends in the document's text. */
  text: string;
  start: number;
  end: number;
  score: number;
  /** The chunks before and after it. */
  neighbors: string[];
}

/** A search with checked options. */
export interface DocumentPlan {
  readonly k: number;
  readonly where: Where | undefined;
  readonly mode: 'hybrid' | 'text' | 'vector';
  readonly distinct: boolean;
  readonly signal: AbortSignal | undefined;
}

const RULES = {
  k: rules.wholeNumber(0),
  where: { expected: 'an object of fields', accepts: (value: unknown) => typeof value === 'object' && value !== null },
  mode: rules.oneOf('hybrid', 'text', 'vector'),
  distinct: rules.boolean,
  signal: { expected: 'an AbortSignal', accepts: (value: unknown) => isTagged(value, 'AbortSignal') },
};

export function planDocumentSearch(question: unknown, given: number | DocumentSearchOptions | undefined): DocumentPlan {
  if (typeof question !== 'string') {
    throw new InvalidArgument(`search: the question is ${describe(question)}; expected a string`);
  }
  const options = typeof given === 'number' ? { k: given } : (given ?? {});
  checkOptions('search', options, RULES);
  const { k = 10, where, mode = 'hybrid', distinct = false, signal } = options;
  return { k, where, mode, distinct, signal };
}
