import { CorruptData, nativeCore } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import type { Records } from './records.ts';
import { emptyTextTable, type TableNames } from './table.ts';
import type { TextRows } from './text-rows.ts';

/** The changes of an update, checked and encoded. */
export interface Changes {
  /** For each column its new text, or undefined if it stays. */
  readonly texts: readonly (string | undefined)[] | undefined;
  readonly value: Buffer | undefined;
}

const ID_BYTES = 8;

/** Writes documents and their values. Each method is one transaction. */
export class Writer {
  readonly #connection: Connection;
  readonly #names: TableNames;
  readonly #rows: TextRows;
  readonly #updateTexts: Statement;
  readonly #updateValue: Statement;
  readonly #deleteTexts: Statement;
  readonly #deleteValue: Statement;

  constructor(connection: Connection, names: TableNames, rows: TextRows, columns: readonly string[]) {
    this.#connection = connection;
    this.#names = names;
    this.#rows = rows;
    const set = columns.map((column) => `"${column}" = ?`).join(', ');
    const { fts, values, content } = names;
    const valueId = `(SELECT c${columns.length} FROM ${content} WHERE id = ?)`;
    this.#updateTexts = connection.statement(`UPDATE ${fts} SET ${set} WHERE rowid = ?`);
    this.#updateValue = connection.statement(`UPDATE ${values} SET value = ? WHERE id = ${valueId}`);
    this.#deleteTexts = connection.statement(`DELETE FROM ${fts} WHERE rowid = ?`);
    this.#deleteValue = connection.statement(`DELETE FROM ${values} WHERE id = ${valueId}`);
  }

  /** Inserts packed documents. Returns their ids. */
  insert(all: readonly Records[]): bigint[] {
    const { binding } = nativeCore();
    const connection = this.#connection;
    return connection.transaction(() => {
      const inserted: bigint[] = [];
      for (const { bytes } of all) {
        // FTS5 runs its own statements inside each of ours.
        const ids = connection.write(() => binding.textInsert(connection.handle, this.#rows.number, bytes), 'nested');
        for (let at = 0; at < ids.length; at += ID_BYTES) inserted.push(ids.readBigInt64LE(at));
      }
      return inserted;
    });
  }

  /** Changes a document. Returns false if it does not exist. */
  update(id: bigint, { texts, value }: Changes): boolean {
    return this.#connection.transaction(() => {
      const stored = this.#rows.get(id);
      if (!stored) return false;
      if (value) {
        const { changes } = this.#connection.write(() => this.#updateValue.run(value, id));
        if (changes === 0) throw this.#withoutValue(id);
      }
      if (texts) {
        const all = texts.map((text, place) => text ?? stored.texts[place]);
        this.#connection.write(() => this.#updateTexts.run(...all, id), 'nested');
      }
      return true;
    });
  }

  /** Deletes documents. Returns how many of them existed. */
  delete(ids: Iterable<bigint>): number {
    return this.#connection.transaction(() => {
      let deleted = 0;
      for (const id of ids) {
        if (!this.#rows.has(id)) continue;
        this.#connection.write(() => this.#deleteValue.run(id));
        this.#connection.write(() => this.#deleteTexts.run(id), 'nested');
        deleted++;
      }
      return deleted;
    });
  }

  clear(): void {
    emptyTextTable(this.#connection, this.#names);
  }

  #withoutValue(id: bigint): CorruptData {
    return new CorruptData(
      `document ${id} of ${this.#names.table} has no value. Restore a backup, or delete the document`,
    );
  }
}
