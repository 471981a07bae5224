import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Connection } from '@kohakuvault/core-native/internal/database';
import type { VectorKVault, VectorLike } from '@kohakuvault/vector';
import { type DocumentIndex, vectorsOf } from './document-index.ts';
import type { ModelRow } from './documents/document-tables.ts';
import { EMBEDDED_AT_ONCE, embedAll } from './documents/embed.ts';
import type { CheckedReembed } from './documents/reembed-options.ts';
import { type Keep, openTogether } from './open-together.ts';

/** Makes the vectors of all chunks with another model, which then takes over. */
export async function reembed(index: DocumentIndex, options: CheckedReembed): Promise<void> {
  const { connection, tables } = index;
  refuseTransaction(connection);
  const { row, next } = openTogether(connection, (keep) => {
    const row = nextModel(index, options, keep);
    return { row, next: keep(vectorsOf(connection, tables, row)) };
  });
  try {
    while (!takeOver(index, row, next)) {
      options.signal?.throwIfAborted();
      await embedSome(index, next, options);
      options.onProgress?.(progressOf(index));
    }
  } catch (error) {
    next.close();
    throw error;
  }
}

/** What a rollback of the user would take back, the vault in memory would keep. */
function refuseTransaction({ shared }: Connection): void {
  if (!shared.database.inTransaction) return;
  throw new InvalidArgument(
    'reembed has transactions of its own, so it cannot be in yours; end that, and call it again',
  );
}

/** Returns the row of the model that is being made. Begins it, or goes on with it. */
function nextModel({ connection, tables }: DocumentIndex, { model, dimensions }: CheckedReembed, keep: Keep): ModelRow {
  const rows = tables.modelRows();
  const begun = rows.find(({ ready }) => !ready);
  if (begun && begun.model === model && begun.dimensions === dimensions) return begun;
  if (begun) {
    keep(vectorsOf(connection, tables, begun)).dropTable();
    tables.write(`DELETE FROM ${tables.pending}`);
    tables.write(`DELETE FROM ${tables.models} WHERE number = ?`, begun.number);
  }
  const number = Math.max(...rows.map((row) => row.number)) + 1;
  tables.write(`INSERT INTO ${tables.models} VALUES (?, ?, ?, 0)`, number, model, dimensions);
  return { number, model, dimensions, ready: 0 };
}

/** Makes vectors of some chunks that have none of the new model. */
async function embedSome(
  index: DocumentIndex,
  next: VectorKVault<number>,
  { embed, signal }: CheckedReembed,
): Promise<void> {
  const { connection, tables, text } = index;
  const { chunks, pending } = tables;
  const ids = tables.ids(
    `SELECT id FROM ${chunks} WHERE id NOT IN (SELECT chunk FROM ${pending}) ORDER BY id LIMIT ${EMBEDDED_AT_ONCE}`,
  );
  const texts = connection.snapshot(() => ids.map((id) => text.getById(id)?.texts.content ?? ''));
  const vectors = await embedAll(embed, texts, signal);
  connection.transaction(() => {
    for (const [place, id] of ids.entries()) {
      // It may have been deleted since, and another program may have made its vector.
      const isMade = tables.ids(`SELECT chunk FROM ${pending} WHERE chunk = ?`, id).length > 0;
      if (isMade || tables.chunk(id) === undefined) continue;
      const vector = next.insert(vectors[place] as VectorLike, Number(id));
      tables.write(`INSERT INTO ${pending} VALUES (?, ?)`, id, vector);
    }
  });
}

/** Has the new model take over. Returns false if it lacks vectors of some chunks. */
function takeOver(index: DocumentIndex, row: ModelRow, next: VectorKVault<number>): boolean {
  const { connection, tables } = index;
  const { chunks, pending, models } = tables;
  refuseTransaction(connection);
  const isDone = connection.transaction(() => {
    const missing = `SELECT id FROM ${chunks} WHERE id NOT IN (SELECT chunk FROM ${pending}) LIMIT 1`;
    if (tables.ids(missing).length > 0) return false;
    index.useModel();
    next.deleteMany(tables.ids(`SELECT vector FROM ${pending} WHERE chunk NOT IN (SELECT id FROM ${chunks})`));
    tables.write(
      `UPDATE ${chunks} AS each SET vector = (SELECT made.vector FROM ${pending} AS made WHERE made.chunk = each.id)`,
    );
    tables.write(`DELETE FROM ${pending}`);
    tables.write(`DELETE FROM ${models} WHERE ready`);
    tables.write(`UPDATE ${models} SET ready = 1 WHERE number = ?`, row.number);
    index.vectors.dropTable();
    return true;
  });
  if (isDone) index.use({ ...row, ready: 1 }, next);
  return isDone;
}

function progressOf({ tables }: DocumentIndex): { done: number; total: number } {
  const count = (table: string) =>
    tables.all<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)[0]?.count ?? 0;
  return { done: count(tables.pending), total: count(tables.chunks) };
}
