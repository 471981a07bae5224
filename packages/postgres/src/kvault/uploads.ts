import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { ByteStrings, type Session } from '../client/session.ts';
import type { Executor } from '../execution/executor.ts';
import type { Catalog } from '../schema/catalog.ts';
import type { EntrySql } from './entry-sql.ts';

/** How long an upload may show no sign of life before it is taken for dead. */
const DEAD_AFTER = "interval '1 hour'";
const BEAT_MS = 5 * 60_000;

/** What an upload needs of its vault. */
export interface UploadContext {
  readonly executor: Executor;
  readonly catalog: Catalog;
  readonly table: string;
  readonly sql: EntrySql;
}

/**
 * The parts of a value that arrive over time. They are stored in transactions of their own, so that no connection is
 * held while the source is slow. A row tells that the upload lives; parts of dead ones are removed.
 */
export class PartsUpload {
  readonly #context: UploadContext;
  readonly #key: Buffer;
  readonly id: string = process.getBuiltinModule('node:crypto').randomUUID();
  #heart: NodeJS.Timeout | undefined;
  #begun = false;

  constructor(context: UploadContext, key: Buffer) {
    this.#context = context;
    this.#key = key;
  }

  /** Stores parts. `first` is the number of the first of them. */
  async put(first: number, parts: readonly Uint8Array[]): Promise<void> {
    const { executor, sql } = this.#context;
    await this.#begin();
    await executor.read((session) => session.query(sql.putParts, [this.#key, this.id, first, new ByteStrings(parts)]));
  }

  /** The step of the transaction that makes the parts a value: after it, they are no upload any more. */
  async settle(session: Session): Promise<void> {
    const { executor, catalog, table } = this.#context;
    if (executor.inTransaction) return;
    const { count } = await session.query(`DELETE FROM ${catalog.uploadsTable} WHERE id = $1::uuid`, [this.id]);
    if (count > 0) return;
    throw new KohakuVaultError(
      `an upload to ${table} showed no sign of life for an hour, and its parts were removed; store the value again`,
      { code: 'KV_STALE' },
    );
  }

  /** Ends the upload. Without `settle`, its parts are removed; if that fails, a later start of a program does it. */
  async end(isSettled: boolean): Promise<void> {
    clearInterval(this.#heart);
    const { executor, catalog, sql } = this.#context;
    if (!this.#begun || isSettled || executor.inTransaction) return;
    try {
      await executor.atomically(async (session) => {
        const { count } = await session.query(`DELETE FROM ${catalog.uploadsTable} WHERE id = $1::uuid`, [this.id]);
        // Without the row, the parts are a value: the answer to its COMMIT may have got lost.
        if (count > 0) await session.query(sql.deleteParts, [this.#key, this.id]);
      });
    } catch (error) {
      if (!(error instanceof KohakuVaultError)) throw error;
    }
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { executor, catalog, table } = this.#context;
    if (executor.inTransaction) return;
    await executor.write((session) =>
      session.query(`INSERT INTO ${catalog.uploadsTable} (id, vault, key) VALUES ($1::uuid, $2, $3)`, [
        this.id,
        table,
        this.#key,
      ]),
    );
    const beat = () => {
      executor
        .write((session) =>
          session.query(`UPDATE ${catalog.uploadsTable} SET touched = now() WHERE id = $1::uuid`, [this.id]),
        )
        .catch(() => {});
    };
    this.#heart = setInterval(beat, BEAT_MS);
    this.#heart.unref();
  }
}

/** Removes what uploads have left whose program has ended in the middle. */
export async function removeDeadUploads(context: UploadContext): Promise<void> {
  try {
    await remove(context);
  } catch (error) {
    // Who may only read leaves them to others.
    if (!(error instanceof KohakuVaultError)) throw error;
  }
}

async function remove({ executor, catalog, table, sql }: UploadContext): Promise<void> {
  const dead = `vault = $1 AND touched < now() - ${DEAD_AFTER}`;
  const { rows } = await executor.read((session) =>
    session.query(`SELECT 1 FROM ${catalog.uploadsTable} WHERE ${dead} LIMIT 1`, [table]),
  );
  if (rows.length === 0) return;
  await executor.atomically(async (session) => {
    const { rows } = await session.query(`DELETE FROM ${catalog.uploadsTable} WHERE ${dead} RETURNING key, id`, [
      table,
    ]);
    for (const [key, id] of rows as [Buffer, string][]) await session.query(sql.deleteParts, [key, id]);
  });
}
