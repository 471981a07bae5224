import { refusePromise } from '@kohakuvault/core-native/internal';
import {
  hasSpaceless,
  highlightsOf,
  orderBy,
  type QueryPlan,
  RANKED_BY_WORDS,
  type SearchPlan,
  snippetOf,
  type TextResult,
} from '@kohakuvault/text/internal';
import type { Parameter, Session } from '../client/session.ts';
import { withSettings } from '../execution/settings.ts';
import { type Expression, type Phrase, phrasesOf } from './expression.ts';
import { queryOf } from './lexemes.ts';
import { hasWholeWord, placesOf } from './places.ts';
import { type AddParameter, columnsSql, conditionOf } from './text-conditions.ts';
import type { TextContext } from './text-context.ts';
import { vectorColumn } from './text-sql.ts';
import type { Frequencies } from './text-statistics.ts';

/** BM25, as FTS5 has it: how little further occurrences add, how much the length matters, the weight of frequent words. */
const K1 = 1.2;
const B = 0.75;
const LEAST_WEIGHT = 1e-6;
/** The first number of documents that a filter function sees, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;

/** A document that matches, as it is stored. */
export interface FoundText {
  readonly id: bigint;
  readonly score: number;
  readonly stored: Buffer;
  readonly texts: readonly string[];
}

/** Makes the value of a document. */
export type DecodeText = (stored: Buffer, id: bigint) => unknown;

/** A checked search, whose expression has been read. */
export class TextSearch {
  readonly #context: TextContext;
  readonly #plan: SearchPlan<unknown>;
  readonly #expression: Expression;
  readonly #phrases: readonly Phrase[];

  constructor(context: TextContext, plan: SearchPlan<unknown>, expression: Expression) {
    this.#context = context;
    this.#plan = plan;
    this.#expression = expression;
    this.#phrases = phrasesOf(expression);
  }

  /** Returns the best documents, skipped ones left out. */
  async run(decode: DecodeText): Promise<FoundText[]> {
    const { accepts, wanted, offset } = this.#plan;
    if (wanted === 0) return [];
    return await searching(this.#context, this.#plan, async (session) => {
      const frequencies = await this.#context.statistics.read(session, this.#phrases);
      const found = accepts
        ? await this.#walk(session, frequencies, (one) => accepts(one.id, decode(one.stored, one.id)))
        : await this.#best(session, frequencies, wanted);
      return found.slice(offset);
    });
  }

  /** Adds snippets and highlights. */
  explain<F extends string>(result: TextResult<unknown, F>): void {
    const { snippet, highlight } = this.#plan;
    if (!snippet && !highlight) return;
    const names = this.#context.columns.names as readonly F[];
    const texts = names.map((name) => result.texts[name]);
    const places = placesOf(texts, this.#phrases, this.#context.tokenize);
    if (highlight) result.highlights = highlightsOf(names, result.texts, places, highlight);
    if (snippet) result.snippet = snippetOf(names, result.texts, places, snippet);
  }

  /** Offers the best documents to a filter function, until it has accepted enough. */
  async #walk(session: Session, frequencies: Frequencies, accepts: (one: FoundText) => unknown): Promise<FoundText[]> {
    const { wanted, signal } = this.#plan;
    const accepted: FoundText[] = [];
    let seen = 0;
    for (let batch = Math.max(FIRST_BATCH, wanted); ; batch *= GROWTH) {
      const found = await this.#best(session, frequencies, batch);
      for (const one of found.slice(seen)) {
        signal?.throwIfAborted();
        if (!refusePromise('filter', accepts(one) as boolean)) continue;
        accepted.push(one);
        if (accepted.length === wanted) return accepted;
      }
      seen = found.length;
      if (found.length < batch) return accepted;
    }
  }

  async #best(session: Session, frequencies: Frequencies, wanted: number): Promise<FoundText[]> {
    const isRanked = this.#context.tokenizer === 'words' && hasSpaceless(this.#plan.query);
    const { text, parameters } = this.#select(frequencies, isRanked ? Math.max(wanted, RANKED_BY_WORDS) : wanted);
    const { rows } = await session.query(text, parameters, 'once');
    const found = rows.map(([score, id, stored, ...texts]): FoundText => {
      return { id: BigInt(id as string), score: score as number, stored: stored as Buffer, texts: texts as string[] };
    });
    return isRanked ? this.#byWholeWords(found).slice(0, wanted) : found;
  }

  #byWholeWords(found: readonly FoundText[]): FoundText[] {
    const best = found.slice(0, RANKED_BY_WORDS);
    const { tokenize } = this.#context;
    const areWhole = best.map(({ texts }) => hasWholeWord(texts, this.#phrases, tokenize));
    const byId = new Map(found.map((one) => [one.id, one]));
    return orderBy(found, areWhole).map(({ id, score }) => ({ ...(byId.get(id) as FoundText), score }));
  }

  #select(frequencies: Frequencies, wanted: number): { text: string; parameters: Parameter[] } {
    const { sql } = this.#context;
    const { sql: condition, parameters: words } = conditionOf(this.#expression, 1);
    const parameters: Parameter[] = [...words];
    const add = (parameter: Parameter) => `$${parameters.push(parameter)}`;
    const counts = this.#phrases.map((phrase, nth) => `${this.#count(phrase, add)} AS n${nth}`);
    const score = this.#score(frequencies, add);
    const { only } = this.#plan;
    const among = only ? ` AND d.id = ANY (${add(`{${only.join()}}`)}::int8[])` : '';
    // OFFSET 0 keeps PostgreSQL from computing each count several times.
    const text =
      `SELECT ${score} AS score, ${sql.document} FROM ${sql.table} AS d, ` +
      `LATERAL (SELECT ${counts.join(', ')} OFFSET 0) AS hit WHERE ${condition}${among} ` +
      `ORDER BY score DESC, d.id LIMIT ${add(wanted)}::int8`;
    return { text, parameters };
  }

  /** Returns how often a document has a phrase, by the weights of the columns: the cover density of a phrase is that. */
  #count(phrase: Phrase, add: AddParameter): string {
    const { words, columns, isFirst } = phrase;
    const { weights } = this.#context.options;
    // The first words of a column are there once.
    const firsts = isFirst ? columnsSql(phrase, add).map((found) => `${found}::int4::float8`) : [];
    const query = isFirst ? '' : `${add(queryOf(words))}::tsquery`;
    const counts = columns.map((number, nth) => {
      const count = firsts[nth] ?? `ts_rank_cd('{1,1,1,1}', d.${vectorColumn(number)}, ${query})::float8`;
      return weights[number] === 1 ? count : `${add(weights[number] as number)}::float8 * ${count}`;
    });
    return counts.join(' + ');
  }

  #score({ documents, words, hits }: Frequencies, add: (parameter: Parameter) => string): string {
    const average = documents > 0 && words > 0 ? words / documents : 1;
    const norm = `${add(K1 * (1 - B))}::float8 + ${add((K1 * B) / average)}::float8 * d.words`;
    return this.#phrases
      .map((_, nth) => {
        const many = hits[nth] as number;
        const weight = Math.log((documents - many + 0.5) / (many + 0.5));
        const factor = add((weight > 0 ? weight : LEAST_WEIGHT) * (K1 + 1));
        return `${factor}::float8 * hit.n${nth} / (hit.n${nth} + ${norm})`;
      })
      .join(' + ');
  }
}

/** Returns how many documents match. */
export async function countMatches(context: TextContext, plan: QueryPlan, expression: Expression): Promise<number> {
  const { sql, parameters } = conditionOf(expression, 1);
  const text = `SELECT count(*)::float8 FROM ${context.sql.table} AS d WHERE ${sql}`;
  const { rows } = await searching(context, plan, (session) => session.query(text, parameters, 'once'));
  return rows[0]?.[0] as number;
}

/** Runs the statements of a search: within its time, and on one state if a filter function must see each document once. */
function searching<T>(
  { executor }: TextContext,
  { deadline, signal, accepts }: QueryPlan & { readonly accepts?: unknown },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  if (deadline === undefined && accepts === undefined) return executor.read(work);
  return executor.consistently((session) => {
    signal?.throwIfAborted();
    if (deadline === undefined) return work(session);
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    return withSettings(session, { statement_timeout: String(left) }, () => work(session));
  });
}
