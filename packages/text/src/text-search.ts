import { InvalidArgument, nativeCore, refusePromise } from '@kohakuvault/core-native/internal';
import { type Connection, withTimeLimit } from '@kohakuvault/core-native/internal/database';
import { damagedIndex } from './damage.ts';
import { highlightsOf, snippetOf, type TextResult } from './found/explained.ts';
import { readPlaces } from './found/places.ts';
import { orderByWholeWords, RANKED_BY_WORDS } from './found/whole-words.ts';
import { isRefusal, rawError } from './match/raw-errors.ts';
import { hasSpaceless } from './match/segments.ts';
import type { QueryPlan, SearchPlan } from './search-options.ts';
import type { TableNames } from './table.ts';
import type { StoredText, TextRows } from './text-rows.ts';
import type { TextColumns } from './texts.ts';
import type { TextValues } from './values.ts';

/** A document that matches, and how well. */
export interface Scored {
  readonly id: bigint;
  readonly score: number;
}

/** What a search needs of its vault. */
export interface TextSource {
  readonly connection: Connection;
  readonly names: TableNames;
  readonly columns: TextColumns;
  readonly tokenizer: string;
  readonly weights: Float64Array;
  readonly rows: TextRows;
  readonly values: TextValues;
}

/** The first number of documents that a filter function sees, and the factor by which it grows. */
const FIRST_BATCH = 64;
const GROWTH = 4;
/** The bytes of a match: id and score. */
const MATCH_BYTES = 16;

/** A checked search of one table. */
export class TextSearch<V, F extends string> {
  readonly #source: TextSource;
  readonly #plan: SearchPlan<V>;
  readonly #expression: string;

  constructor(source: TextSource, plan: SearchPlan<V>, expression: string) {
    this.#source = source;
    this.#plan = plan;
    this.#expression = expression;
  }

  run(): TextResult<V, F>[] {
    const { connection } = this.#source;
    const { accepts } = this.#plan;
    // One snapshot from the start: the filter function must not see a document twice.
    if (accepts) return connection.snapshot(() => this.#walk(accepts));
    return inOneState(connection, this.#plan, () => {
      const found = this.#best(this.#plan.wanted).slice(this.#plan.offset);
      return this.#finish(found, this.#rowsOf(found));
    });
  }

  /** Offers the best documents to a filter function, until it has accepted enough. */
  #walk(accepts: (id: bigint, value: V) => boolean): TextResult<V, F>[] {
    const { wanted, offset, signal } = this.#plan;
    const accepted: TextResult<V, F>[] = [];
    let seen = 0;
    for (let batch = Math.max(FIRST_BATCH, wanted); accepted.length < wanted; batch *= GROWTH) {
      const found = this.#best(batch);
      const fresh = found.slice(seen);
      const rows = this.#rowsOf(fresh);
      for (const result of this.#plain(fresh, rows)) {
        signal?.throwIfAborted();
        const { connection } = this.#source;
        const isAccepted = connection.withoutWrites(() => refusePromise('filter', accepts(result.id, result.value)));
        if (!isAccepted) continue;
        accepted.push(result);
        if (accepted.length === wanted) break;
      }
      seen = found.length;
      if (found.length < batch) break;
    }
    const results = accepted.slice(offset);
    this.#explain(results);
    return results;
  }

  /** Returns the best documents. */
  #best(wanted: number): Scored[] {
    if (wanted === 0) return [];
    const isRanked = this.#source.tokenizer === 'words' && hasSpaceless(this.#plan.query);
    const found = this.#run(() => {
      const { binding } = nativeCore();
      const { connection, rows, weights } = this.#source;
      const most = isRanked ? Math.max(wanted, RANKED_BY_WORDS) : wanted;
      const version = connection.version() ?? Number.NaN;
      return binding.textBest(
        connection.handle,
        rows.number,
        this.#expression,
        weights,
        most,
        this.#plan.only,
        version,
        this.#plan.isPlain ? 1 : 0,
      );
    });
    const scored: Scored[] = [];
    for (let at = 0; at < found.length; at += MATCH_BYTES) {
      scored.push({ id: found.readBigInt64LE(at), score: found.readDoubleLE(at + 8) });
    }
    if (!isRanked) return scored;
    const ordered = orderByWholeWords(scored, (ids) => this.#run(() => this.#around(ids)));
    return ordered.slice(0, wanted);
  }

  #around(ids: BigInt64Array): Buffer {
    const { connection, rows } = this.#source;
    return nativeCore().binding.textAround(connection.handle, rows.number, this.#expression, ids);
  }

  #rowsOf(found: readonly Scored[]): StoredText[] {
    const { rows, names } = this.#source;
    const stored = found.length === 0 ? [] : rows.all(BigInt64Array.from(found, ({ id }) => id));
    if (stored.length === found.length) return stored;
    throw damagedIndex(names.table);
  }

  #finish(found: readonly Scored[], rows: readonly StoredText[]): TextResult<V, F>[] {
    const results = this.#plain(found, rows);
    this.#explain(results);
    return results;
  }

  #plain(found: readonly Scored[], rows: readonly StoredText[]): TextResult<V, F>[] {
    const { columns, values } = this.#source;
    return found.map(({ id, score }, place) => {
      const { texts, value } = rows[place] as StoredText;
      return { id, score, texts: columns.make(texts) as Record<F, string>, value: values.decode(value, id) as V };
    });
  }

  /** Adds snippets and highlights. */
  #explain(results: TextResult<V, F>[]): void {
    const { snippet, highlight } = this.#plan;
    if ((!snippet && !highlight) || results.length === 0) return;
    const { connection, rows, columns } = this.#source;
    const ids = BigInt64Array.from(results, ({ id }) => id);
    const bytes = this.#run(() =>
      nativeCore().binding.textPlaces(connection.handle, rows.number, this.#expression, ids),
    );
    for (const [place, places] of readPlaces(bytes).entries()) {
      const result = results[place] as TextResult<V, F>;
      const names = columns.names as readonly F[];
      if (highlight) result.highlights = highlightsOf(names, result.texts, places, highlight);
      if (snippet) result.snippet = snippetOf(names, result.texts, places, snippet);
    }
  }

  #run<T>(work: () => T): T {
    return explained(this.#source, this.#plan, () => {
      this.#source.connection.prepareRead();
      return withTimeLimit(this.#source.connection, this.#plan.deadline, 'the search', work);
    });
  }
}

/** Returns how many documents match. */
export function countMatches(source: TextSource, plan: QueryPlan): number {
  const { expression } = plan;
  if (expression === undefined) return 0;
  const { connection } = source;
  const query = connection.query<number>(matchingSql(source, 'count(*)'), { pluck: true });
  return explained(source, plan, () =>
    inOneState(connection, plan, () =>
      connection.read(() => withTimeLimit(connection, plan.deadline, 'the count', () => query.get(expression) ?? 0)),
    ),
  );
}

/**
 * Runs a search whose reads must see one state of the file. With a time limit that is a state of its own: no statement
 * must hold it that an interrupt would end.
 */
function inOneState<T>(connection: Connection, { deadline }: QueryPlan, search: () => T): T {
  return deadline === undefined ? connection.consistently(search) : connection.snapshot(search);
}

/** Refuses a raw query that is not an expression of its own: behind the name of a column, it could leave the column. */
export function checkRaw(source: TextSource, plan: QueryPlan): void {
  if (plan.match !== 'raw' || plan.expression === undefined) return;
  const nul = plan.query.indexOf('\0');
  if (nul >= 0) {
    throw new InvalidArgument(`the raw query has a NUL at position ${nul}, where FTS5 stops reading; leave it out`);
  }
  if (plan.expression === plan.query) return;
  explained(source, plan, () => readRaw(source, plan.query));
}

/** Has FTS5 read an expression, without searching. */
function readRaw(source: TextSource, query: string): void {
  const { connection } = source;
  const select = connection.query(`${matchingSql(source, '1')} AND rowid = ${NO_ROW}`);
  connection.read(() => select.get(query));
}

/** An id that no document has: FTS5 reads the expression, and looks for nothing. */
const NO_ROW = '-9223372036854775808';

function matchingSql({ names }: TextSource, what: string): string {
  return `SELECT ${what} FROM ${names.fts} WHERE ${names.fts.slice('main.'.length)} MATCH ?`;
}

/** Runs a search, and explains what FTS5 says of a raw query. */
function explained<T>(source: TextSource, plan: QueryPlan, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (plan.match !== 'raw' || !isRefusal(error)) throw error;
    throw rawError(plan.query, error, (query) => readRaw(source, query));
  }
}
