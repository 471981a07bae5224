import type { Session } from '../client/session.ts';
import type { Phrase } from './expression.ts';
import { queryOf } from './index/lexemes.ts';
import { Parameters } from './index/parameters.ts';
import type { WordIndex } from './index/word-index.ts';
import { conditionOf } from './text-conditions.ts';

/** The table that is counted, and how it keeps words. */
export interface CountedTexts {
  readonly sql: { readonly table: string };
  readonly index: WordIndex;
}

/** How often words are, by which documents are ranked. */
export interface Frequencies {
  readonly documents: number;
  /** The words of all documents. */
  readonly words: number;
  /** For each phrase, the documents that have it. */
  readonly hits: readonly number[];
}

/** What all documents have. */
interface Totals {
  readonly documents: number;
  readonly words: number;
}

/** What is known of the table, or of a phrase, and until when it is good enough. */
interface Known<T> {
  readonly what: T;
  readonly until: number;
}

/** Numbers are good for so many times as long as it took to count them, but not for longer than the most. */
const TIMES = 500;
const MOST_MS = 60_000;
/** Of fewer documents nothing is kept, so that small tables are ranked by how they are now. */
const LEAST_DOCUMENTS = 2_000;
const MOST_PHRASES = 1_000;
/** So many documents are counted again after each write of the same vault. */
const FEW_DOCUMENTS = 10_000;

/** Counts documents and words. In large tables that takes long, so the numbers are kept for a while. */
export class TextStatistics {
  #totals: Known<Totals> | undefined;
  readonly #hits = new Map<string, Known<number>>();

  /** Returns how often the phrases are. What is not known is counted by one statement. */
  async read(session: Session, texts: CountedTexts, phrases: readonly Phrase[]): Promise<Frequencies> {
    const start = performance.now();
    const totals = goodAt(start, this.#totals);
    if (!totals) this.#totals = undefined;
    const hits = phrases.map((phrase) => goodAt(start, this.#hits.get(keyOf(phrase))));
    const unknown = phrases.filter((_, nth) => hits[nth] === undefined);
    if (totals && unknown.length === 0) return { ...totals, hits: hits as number[] };
    const { documents, words, counted } = await this.#count(session, texts, totals, unknown);
    const taken = performance.now() - start;
    if (documents >= LEAST_DOCUMENTS) {
      this.#keep(start + taken + keptFor(taken), { documents, words }, unknown, counted);
    }
    let next = 0;
    return { documents, words, hits: hits.map((known) => known ?? (counted[next++] as number)) };
  }

  /** Notes that the vault has written. What it has changed counts at once, unless the table is large. */
  written(): void {
    if (this.#totals && this.#totals.what.documents >= FEW_DOCUMENTS) return;
    this.#totals = undefined;
    this.#hits.clear();
  }

  async #count(
    session: Session,
    { sql: { table }, index }: CountedTexts,
    totals: Totals | undefined,
    phrases: readonly Phrase[],
  ) {
    const counts = totals ? [] : [`(SELECT ARRAY[count(*), coalesce(sum(d.words), 0)]::float8[] FROM ${table} AS d)`];
    const parameters = new Parameters();
    for (const phrase of phrases) {
      const condition = conditionOf(phrase, index, parameters);
      counts.push(`(SELECT ARRAY[count(*)]::float8[] FROM ${table} AS d WHERE ${condition})`);
    }
    const { rows } = await session.query(`SELECT (${counts.join(' || ')})::text`, parameters.all, 'once');
    const numbers = String(rows[0]?.[0]).slice(1, -1).split(',').map(Number);
    const [documents, words] = totals ? [totals.documents, totals.words] : (numbers.splice(0, 2) as [number, number]);
    return { documents, words, counted: numbers };
  }

  #keep(until: number, totals: Totals, phrases: readonly Phrase[], counted: readonly number[]): void {
    this.#totals ??= { what: totals, until };
    if (this.#hits.size + phrases.length > MOST_PHRASES) this.#hits.clear();
    for (const [nth, phrase] of phrases.entries()) {
      this.#hits.set(keyOf(phrase), { what: counted[nth] as number, until });
    }
  }
}

/** Counting costs a twentieth of the time at most, however long it takes. */
function keptFor(taken: number): number {
  return Math.max(20 * taken, Math.min(TIMES * taken, MOST_MS));
}

function goodAt<T>(time: number, known: Known<T> | undefined): T | undefined {
  return known && known.until > time ? known.what : undefined;
}

function keyOf({ columns, words, isFirst }: Phrase): string {
  return `${isFirst ? '^' : ''}${columns.join()} ${queryOf(words)}`;
}
