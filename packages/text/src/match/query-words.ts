/** A part of a query: a word, or words in quotes. */
export interface QueryPart {
  readonly text: string;
  /** Whether documents with it are left out: it has a minus before it. */
  readonly without: boolean;
  /** Whether it stood in quotes. */
  readonly quoted: boolean;
}

/** A minus, then words in quotes, which may lack the end, or anything up to the next space. */
const PART = /(?<minus>-?)(?:"(?<quoted>[^"]*)"?|(?<word>[^\s"][^\s]*))/gu;

/** Splits what a user has typed. Whatever it is, it has parts, or none. */
export function queryParts(query: string): QueryPart[] {
  const parts: QueryPart[] = [];
  for (const { groups = {} } of query.matchAll(PART)) {
    const text = groups.quoted ?? groups.word ?? '';
    const quoted = groups.quoted !== undefined;
    if (text.trim() !== '') parts.push({ text, without: groups.minus === '-', quoted });
  }
  return parts;
}
