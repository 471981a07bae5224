/** A word of a text, as searches know it. */
export interface Token {
  readonly term: string;
  /** Where the word begins and ends, in units of UTF-16. */
  readonly start: number;
  readonly end: number;
  /** Other terms at the same place, of documents only. */
  readonly also?: readonly string[] | undefined;
}

/** Finds the words of a document, or of a query. */
export type Tokenize = (text: string, of: 'document' | 'query') => Token[];
