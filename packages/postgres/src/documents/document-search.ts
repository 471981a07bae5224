import {
  conditionOf,
  type DocumentPlan,
  type DocumentResult,
  depthsFor,
  type FoundChunk,
  foundChunks,
  planSearch,
  type Ranked,
} from '@kohakuvault/text/internal';
import type { VectorLike } from '@kohakuvault/vector/internal';
import { type Session, TextStrings } from '../client/session.ts';
import { readQuery } from '../texts/read-query.ts';
import { type Limit, TextSearch } from '../texts/text-search.ts';
import type { DocumentContext } from './document-context.ts';
import { pgFields } from './field-values.ts';
import type { ChunkPlace } from './model-vectors.ts';

/** Finds the chunks that answer a question best, all in one state. */
export class DocumentSearch {
  readonly #context: DocumentContext;
  readonly #question: string;
  readonly #vector: VectorLike | undefined;
  readonly #plan: DocumentPlan;
  readonly #limit: Limit | undefined;

  /** `vector` is that of the question; undefined if only words are searched. */
  constructor(context: DocumentContext, question: string, vector: VectorLike | undefined, plan: DocumentPlan) {
    this.#context = context;
    this.#question = question;
    this.#vector = vector;
    this.#plan = plan;
    this.#limit = limitOf(context, plan);
  }

  async run<V>(session: Session): Promise<DocumentResult<V>[]> {
    await this.#context.checkModel(session);
    const { k, distinct } = this.#plan;
    for (const depth of depthsFor(k)) {
      const texts = this.#plan.mode === 'vector' ? [] : await this.#byText(session, depth);
      const vectors = this.#vector === undefined ? [] : await this.#byVector(session, this.#vector, depth);
      const found = foundChunks(texts, vectors, { k, distinct, depth }, (chunk) => chunk);
      if (found) return await this.#results(session, found);
    }
    return [];
  }

  async #byText(session: Session, depth: number): Promise<Ranked<ChunkPlace>[]> {
    const { searched } = this.#context;
    const table = { columns: searched.columns.names, tokenizer: searched.tokenizer };
    const plan = planSearch('search', table, this.#question, { k: depth, match: 'any' });
    const expression = readQuery(searched, plan);
    if (!expression) return [];
    const found = await new TextSearch(searched, plan, expression).runIn(session, () => undefined, this.#limit);
    return found.map(({ id, score, texts }) => {
      const [, document, place] = texts as [string, string, string];
      return rankedOf({ document, place: Number(place), id }, score);
    });
  }

  async #byVector(session: Session, vector: VectorLike, depth: number): Promise<Ranked<ChunkPlace>[]> {
    const found = await this.#context.vectors.nearest(session, vector, depth, this.#limit);
    return found.map((chunk, nth) => rankedOf(chunk, -nth));
  }

  /** Reads the chunks that were found, those beside them, and the values of their documents. */
  async #results<V>(session: Session, found: readonly FoundChunk<ChunkPlace>[]): Promise<DocumentResult<V>[]> {
    if (found.length === 0) return [];
    const { sql, codec } = this.#context;
    const documents = found.map(({ chunk: { document } }) => document);
    const places = `{${found.map(({ chunk: { place } }) => place).join()}}`;
    const { rows: values } = await session.query(sql.values, [new TextStrings([...new Set(documents)])]);
    const stored = new Map(values.map(([id, value]) => [id as string, value as Buffer]));
    const { rows } = await session.query(sql.around, [new TextStrings(documents), places]);
    return found.map(({ chunk: { document, place }, score }, nth) => {
      const near = rows.filter(([of]) => of === nth + 1) as [number, number, number, number, string][];
      const [, , start, end, text] = near.find(([, at]) => at === place) as (typeof near)[number];
      const neighbors = near.filter(([, at]) => at !== place).map(([, , , , other]) => other);
      const value = codec.decode(stored.get(document) as Buffer, document) as V;
      return { document: { id: document, value }, text, start, end, score, neighbors };
    });
  }
}

function rankedOf(chunk: ChunkPlace, score: number): Ranked<ChunkPlace> {
  return { key: `${chunk.place} ${chunk.document}`, score, item: chunk };
}

/** Returns what limits both searches: chunks `d` of documents that meet a condition. */
function limitOf({ sql, options }: DocumentContext, { where }: DocumentPlan): Limit | undefined {
  if (where === undefined) return undefined;
  const condition = conditionOf(where, pgFields, options.fields);
  return (parameters) => {
    let next = 0;
    // Names of fields have letters, digits and _ alone.
    const text = condition.sql.replace(/\?/g, () => parameters.add(condition.parameters[next++] as string, 'text'));
    return `d.document IN (SELECT doc.id FROM ${sql.documents} AS doc WHERE ${text})`;
  };
}
