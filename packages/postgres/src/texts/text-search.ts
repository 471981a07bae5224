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
import type { Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import { withSettings } from '../execution/settings.ts';
import { type Expression, type Phrase, phrasesOf } from './expression.ts';
import { Parameters } from './index/parameters.ts';
import { hasWholeWord, placesOf } from './places.ts';
import { conditionOf, countsOf } from './text-conditions.ts';
import type { CountedTexts, Frequencies, TextStatistics } from './text-statistics.ts';
import type { Tokenize } from './tokens/token.ts';

/** BM25, as FTS5 has it: how little further occurrences add, how much the length matters, the weight of frequent words. */
const K1 = 1.2;
const B = 0.75;
const LEAST_WEIGHT = 1e-6;
/** The first number of documents that a filter function sees, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;

/** A table of texts that is searched. */
export interface SearchedTexts extends CountedTexts {
  readonly executor: Executor;
  /** The table, and the columns of a document `d`: the id, the value, the texts. */
  readonly sql: { readonly table: string; readonly document: string };
  readonly columns: { readonly names: readonly string[] };
  readonly tokenizer: string;
  readonly tokenize: Tokenize;
  readonly weights: readonly number[];
  readonly statistics: TextStatistics;
}

/** A document that matches, as it is stored. */
export interface FoundText {
  readonly id: bigint;
  readonly score: number;
  readonly stored: Buffer;
  readonly texts: readonly string[];
}

/** Makes the value of a document. */
export type DecodeText = (stored: Buffer, id: bigint) => unknown;

/** A condition on the documents `d`. */
export type Limit = (parameters: Parameters) => string;

/** A checked search, whose expression has been read. */
export class TextSearch {
  readonly #context: SearchedTexts;
  readonly #plan: SearchPlan<unknown>;
  readonly #expression: Expression;
  readonly #phrases: readonly Phrase[];

  constructor(context: SearchedTexts, plan: SearchPlan<unknown>, expression: Expression) {
    this.#context = context;
    this.#plan = plan;
    this.#expression = expression;
    this.#phrases = phrasesOf(expression);
  }

  /** Returns the best documents, skipped ones left out. */
  async run(decode: DecodeText): Promise<FoundText[]> {
    if (this.#plan.wanted === 0) return [];
    return await searching(this.#context, this.#plan, (session) => this.runIn(session, decode));
  }

  /** Does the same in a session. `limit` returns a further condition on the documents `d`. */
  async runIn(session: Session, decode: DecodeText, limit?: Limit): Promise<FoundText[]> {
    const { accepts, wanted, offset } = this.#plan;
    const frequencies = await this.#context.statistics.read(session, this.#context, this.#phrases);
    const found = accepts
      ? await this.#walk(session, frequencies, (one) => accepts(one.id, decode(one.stored, one.id)))
      : await this.#best(session, frequencies, wanted, limit);
    return found.slice(offset);
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

  async #best(session: Session, frequencies: Frequencies, wanted: number, limit?: Limit): Promise<FoundText[]> {
    const isRanked = this.#context.tokenizer === 'words' && hasSpaceless(this.#plan.query);
    const most = isRanked ? Math.max(wanted, RANKED_BY_WORDS) : wanted;
    const { text, parameters } = this.#select(frequencies, most, limit);
    const { rows } = await session.query(text, parameters.all, 'once');
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

  #select(frequencies: Frequencies, wanted: number, limit?: Limit): { text: string; parameters: Parameters } {
    const { sql, index } = this.#context;
    const parameters = new Parameters();
    const conditions = [conditionOf(this.#expression, index, parameters)];
    const counts = this.#phrases.map((phrase, nth) => `${this.#count(phrase, parameters)} AS n${nth}`);
    const score = this.#score(frequencies, parameters);
    const { only } = this.#plan;
    if (only) conditions.push(`d.id = ANY (${parameters.add(`{${only.join()}}`, 'int8[]')})`);
    if (limit) conditions.push(limit(parameters));
    // OFFSET 0 keeps PostgreSQL from computing each count several times.
    const text =
      `SELECT ${score} AS score, ${sql.document} FROM ${sql.table} AS d, ` +
      `LATERAL (SELECT ${counts.join(', ')} OFFSET 0) AS hit WHERE ${conditions.join(' AND ')} ` +
      `ORDER BY score DESC, d.id LIMIT ${parameters.add(wanted, 'int8')}`;
    return { text, parameters };
  }

  /** Returns how often a document has a phrase, by the weights of the columns. */
  #count(phrase: Phrase, parameters: Parameters): string {
    const { index, weights } = this.#context;
    const counts = countsOf(phrase, index, parameters).map((count, nth) => {
      const weight = weights[phrase.columns[nth] as number] as number;
      return weight === 1 ? count : `${parameters.add(weight, 'float8')} * ${count}`;
    });
    return counts.join(' + ');
  }

  #score({ documents, words, hits }: Frequencies, parameters: Parameters): string {
    const add = (number: number) => parameters.add(number, 'float8');
    const average = documents > 0 && words > 0 ? words / documents : 1;
    const norm = `${add(K1 * (1 - B))} + ${add((K1 * B) / average)} * d.words`;
    return this.#phrases
      .map((_, nth) => {
        const many = hits[nth] as number;
        const weight = Math.log((documents - many + 0.5) / (many + 0.5));
        const factor = add((weight > 0 ? weight : LEAST_WEIGHT) * (K1 + 1));
        return `${factor} * hit.n${nth} / (hit.n${nth} + ${norm})`;
      })
      .join(' + ');
  }
}

/** Returns how many documents match. */
export async function countMatches(context: SearchedTexts, plan: QueryPlan, expression: Expression): Promise<number> {
  const parameters = new Parameters();
  const condition = conditionOf(expression, context.index, parameters);
  const text = `SELECT count(*)::float8 FROM ${context.sql.table} AS d WHERE ${condition}`;
  const { rows } = await searching(context, plan, (session) => session.query(text, parameters.all, 'once'));
  return rows[0]?.[0] as number;
}

/** Runs the statements of a search: within its time, and on one state if a filter function must see each document once. */
function searching<T>(
  { executor }: SearchedTexts,
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
