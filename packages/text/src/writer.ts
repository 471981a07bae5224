import { CorruptData, nativeCore } from '@kohakuvault/core-native/internal';
import type { Connection, Statement } from '@kohakuvault/core-native/internal/database';
import { changingIndex } from './damage.ts';
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

  /** Inserts one packed document. Returns its id. */
  insertOne(document: Records): bigint {
    // A savepoint has FTS5 write out its index. The core takes the value back if FTS5 refuses the text.
    if (this.#connection.shared.database.inTransaction) return this.#insert(document)[0] as bigint;
    return this.#transaction(() => this.#insert(document)[0] as bigint);
  }

  /** Inserts packed documents. Returns their ids. */
  insert(all: readonly Records[]): bigint[] {
    return this.#transaction(() => all.flatMap((documents) => this.#insert(documents)));
  }

  #insert({ bytes }: Records): bigint[] {
    const { binding } = nativeCore();
    const { handle } = this.#connection;
    // FTS5 runs its own statements inside each of ours.
    const ids = this.#connection.write(() => binding.textInsert(handle, this.#rows.number, bytes), 'nested');
    return Array.from({ length: ids.length / ID_BYTES }, (_, place) => ids.readBigInt64LE(place * ID_BYTES));
  }

  /** Changes a document. Returns false if it does not exist. */
  update(id: bigint, { texts, value }: Changes): boolean {
    return this.#transaction(() => {
      const stored = this.#rows.get(id);
      if (!stored) return false;
      if (value) {
        const { changes } = this.#connection.write(() => this.#updateValue.run(value, id));
        if (changes === 0) throw this.#withoutValue(id);
      }
      if (texts) {
        const all = texts.map((text, place) => text ?? stored.texts[place]);
        this.#rows.forget(id);
        this.#connection.write(() => this.#updateTexts.run(...all, id), 'nested');
      }
      return true;
    });
  }

  /** Deletes documents. Returns how many of them existed. */
  delete(ids: Iterable<bigint>): number {
    return this.#transaction(() => {
      let deleted = 0;
      for (const id of ids) {
        if (!this.#rows.has(id)) continue;
        this.#connection.write(() => this.#deleteValue.run(id));
        this.#rows.forget(id);
        this.#connection.write(() => this.#deleteTexts.run(id), 'nested');
        deleted++;
      }
      return deleted;
    });
  }

  clear(): void {
    this.#rows.forget();
    emptyTextTable(this.#connection, this.#names);
  }

  #transaction<T>(body: () => T): T {
    // FTS5 writes out its index when the transaction ends.
    return changingIndex(this.#names.table, () => this.#connection.transaction(body));
  }

  #withoutValue(id: bigint): CorruptData {
    return new CorruptData(
      `document ${id} of ${this.#names.table} has no value. Restore a backup, or delete the document`,
    );
  }
}
