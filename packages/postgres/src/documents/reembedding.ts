import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type CheckedReembed, checkModelStays, EMBEDDED_AT_ONCE, embedAll } from '@kohakuvault/text/internal';
import type { VectorLike } from '@kohakuvault/vector/internal';
import type { Session } from '../client/session.ts';
import { textColumn } from '../texts/text-sql.ts';
import type { DocumentContext } from './document-context.ts';
import { TEXT } from './document-sql.ts';
import type { ModelVectors } from './model-vectors.ts';

/** Makes the vectors of all chunks with another model, which then takes over. */
export class Reembedding {
  readonly #context: DocumentContext;
  readonly #options: CheckedReembed;
  #after = -(2n ** 63n);

  constructor(context: DocumentContext, options: CheckedReembed) {
    this.#context = context;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { executor } = this.#context;
    const { signal, embed, onProgress } = this.#options;
    const next = await executor.atomically((session) => this.#begin(session));
    while (!(await this.#takeOver(next))) {
      signal?.throwIfAborted();
      await this.#embedSome(next);
      if (onProgress) onProgress(await executor.read((session) => this.#progress(session, next)));
    }
    this.#context.use(next, embed);
  }

  /** Returns the vectors that are made. Begins them, or goes on with them. */
  async #begin(session: Session): Promise<ModelVectors> {
    const { table, sql, options } = this.#context;
    // Others who begin wait here.
    await session.query(`LOCK TABLE ${sql.models} IN SHARE ROW EXCLUSIVE MODE`);
    const rows = await this.#context.models(session);
    checkModelStays(
      table,
      this.#context.vectors.model,
      rows.find((row) => row.ready),
    );
    const { model, dimensions } = this.#options;
    const begun = rows.find((row) => !row.ready);
    if (begun && begun.model === model && begun.dimensions === dimensions) {
      return this.#context.vectorsOf(begun);
    }
    if (begun) {
      await this.#context.vectorsOf(begun).drop(session);
      await session.query(`DELETE FROM ${sql.models} WHERE NOT ready`);
    }
    const number = Math.max(...rows.map((row) => row.number)) + 1;
    const next = this.#context.vectorsOf({ number, model, dimensions });
    await next.make(session, sql.chunks, options.partitions);
    await session.query(`INSERT INTO ${sql.models} VALUES ($1::int4, $2, $3::int4, false)`, [
      number,
      model,
      dimensions,
    ]);
    return next;
  }

  /** Makes vectors of some chunks that have none of the new model. */
  async #embedSome(next: ModelVectors): Promise<void> {
    const { executor, sql } = this.#context;
    const { embed, signal } = this.#options;
    const text =
      `SELECT c.document, c.place, c.id::text, c.${textColumn(TEXT)} FROM ${sql.chunks} AS c ` +
      `WHERE c.id > $1::int8 AND ${missing(next)} ORDER BY c.id LIMIT ${EMBEDDED_AT_ONCE}`;
    const { rows } = await executor.read((session) => session.query(text, [String(this.#after)]));
    // What came in meanwhile may stand before the place that was reached.
    this.#after = rows.length > 0 ? BigInt(rows.at(-1)?.[2] as string) : -(2n ** 63n);
    if (rows.length === 0) return;
    const texts = rows.map(([, , , content]) => content as string);
    const vectors = await this.#context.whileOpen(signal, (ending) => embedAll(embed, texts, ending));
    const made = rows.map(([document, place, id], nth) => ({
      document: document as string,
      place: place as number,
      id: BigInt(id as string),
      vector: next.encode('reembed', vectors[nth] as VectorLike),
    }));
    await executor.atomically((session) => next.insert(session, sql.chunks, made));
  }

  /** Has the new model take over. Returns false if it lacks vectors of some chunks. */
  async #takeOver(next: ModelVectors): Promise<boolean> {
    const { executor, sql, table, vectors: old } = this.#context;
    this.#context.assertOpen();
    const lacksSome = async (session: Session) => {
      const { rows } = await session.query(`SELECT 1 FROM ${sql.chunks} AS c WHERE ${missing(next)} LIMIT 1`);
      return rows.length > 0;
    };
    if (await executor.read(lacksSome)) return false;
    return await executor.atomically(async (session) => {
      const ready = (await this.#context.models(session)).find((row) => row.ready);
      if (ready?.number === next.model.number) return true;
      checkModelStays(table, old.model, ready);
      // Writers of chunks write vectors of the old model too: they have ended, or wait until its table is gone.
      await session.query(`LOCK TABLE ${sql.chunks}, ${old.table} IN ACCESS EXCLUSIVE MODE`);
      if (await lacksSome(session)) return false;
      await session.query(`DELETE FROM ${sql.models} WHERE ready`);
      await session.query(`UPDATE ${sql.models} SET ready = true WHERE number = $1::int4`, [next.model.number]);
      await old.drop(session);
      return true;
    });
  }

  async #progress(session: Session, next: ModelVectors): Promise<{ done: number; total: number }> {
    const { rows } = await session.query(
      `SELECT (SELECT count(*) FROM ${next.table})::float8, (SELECT count(*) FROM ${this.#context.sql.chunks})::float8`,
    );
    const [done, total] = rows[0] as [number, number];
    return { done, total };
  }
}

/** Refuses to begin inside a transaction of the user. */
export function refuseInTransaction({ executor }: DocumentContext): void {
  if (!executor.inTransaction) return;
  throw new InvalidArgument(
    'reembed has transactions of its own, so it cannot be in yours; end that, and call it again',
  );
}

/** A condition: the chunk `c` has no vector. */
function missing({ table }: ModelVectors): string {
  return `NOT EXISTS (SELECT FROM ${table} AS v WHERE v.document = c.document AND v.place = c.place)`;
}
