// What texts and vectors have in common: rows of a content and a value, by ids that are never given again.
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Stored } from './scenario.ts';

export interface Row<Content> {
  content: Content;
  value: unknown;
}

export type Change<Content> =
  | { kind: 'insert'; rows: Row<Content>[] }
  /** The place of the id in the order of ids, modulo their number. */
  | { kind: 'update'; place: number; row: Partial<Row<Content>> }
  | { kind: 'delete'; place: number };

interface Transaction<Content> {
  kind: 'transaction';
  changes: Change<Content>[];
  fails: boolean;
}

export type RowOperation<Content> = Change<Content> | Transaction<Content> | { kind: 'clear' };

export interface RowsState<Content> {
  rows: Map<bigint, Row<Content>>;
  /** The highest id that a row ever had. */
  last: bigint;
}

/** How a vault does what these operations say. */
export interface RowVault<Content> {
  /** Returns the ids in their order. */
  ids(): bigint[];
  insertMany(rows: readonly Row<Content>[]): bigint[];
  update(id: bigint, row: Partial<Row<Content>>): void;
  delete(id: bigint): void;
  clear(): void;
  transaction(body: () => void): void;
}

class Undone extends Error {}

/** Returns a random change. */
export function randomChange<Content>(random: Random, row: () => Row<Content>): Change<Content> {
  const kind = random.below(10);
  if (kind < 5) return { kind: 'insert', rows: random.list(1, random.oneIn(6) ? 200 : 2, row) };
  const place = random.below(1_000);
  if (kind < 7) return { kind: 'delete', place };
  const { content, value } = row();
  return { kind: 'update', place, row: { ...(kind !== 7 && { content }), ...(kind !== 8 && { value }) } };
}

/** Returns a random transaction. */
export function randomTransaction<Content>(random: Random, row: () => Row<Content>): Transaction<Content> {
  const changes = random.list(1, 8, () => randomChange(random, row));
  return { kind: 'transaction', changes, fails: random.oneIn(4) };
}

export class RowsWriter<Content> implements Carrier<RowOperation<Content>> {
  readonly #vault: RowVault<Content>;
  /** The ids in their order, as the model has them. */
  #ids: bigint[];

  constructor(vault: RowVault<Content>) {
    this.#vault = vault;
    this.#ids = vault.ids();
  }

  carryOut(operation: RowOperation<Content>): void {
    switch (operation.kind) {
      case 'transaction':
        this.#transaction(operation);
        break;
      case 'clear':
        this.#vault.clear();
        this.#ids = [];
        break;
      default:
        this.#change(operation);
    }
  }

  #transaction({ changes, fails }: Transaction<Content>): void {
    const before = [...this.#ids];
    try {
      this.#vault.transaction(() => {
        for (const change of changes) this.#change(change);
        if (fails) throw new Undone();
      });
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
      this.#ids = before;
    }
  }

  #change(change: Change<Content>): void {
    if (change.kind === 'insert') {
      this.#ids.push(...this.#vault.insertMany(change.rows));
      return;
    }
    const place = change.place % Math.max(1, this.#ids.length);
    const id = this.#ids[place];
    if (id === undefined) return;
    if (change.kind === 'delete') {
      this.#vault.delete(id);
      this.#ids.splice(place, 1);
      return;
    }
    this.#vault.update(id, change.row);
  }
}

export class RowsModel<Content> implements Stored<RowsState<Content>> {
  #rows: Map<bigint, Row<Content>>;
  #last: bigint;

  constructor({ rows, last }: RowsState<Content>) {
    this.#rows = new Map(rows);
    this.#last = last;
  }

  stored(): RowsState<Content> {
    return { rows: new Map(this.#rows), last: this.#last };
  }

  /** Carries out an operation. Those of other kinds change no rows. */
  carryOut(operation: RowOperation<Content> | { kind: 'search' | 'merge' | 'checkpoint' | 'optimize' }): void {
    if (operation.kind === 'transaction') {
      if (!operation.fails) for (const change of operation.changes) this.#change(change);
    } else if (operation.kind === 'clear') {
      this.#rows.clear();
    } else if (operation.kind === 'insert' || operation.kind === 'update' || operation.kind === 'delete') {
      this.#change(operation);
    }
  }

  #change(change: Change<Content>): void {
    if (change.kind === 'insert') {
      for (const row of change.rows) this.#rows.set(++this.#last, row);
      return;
    }
    const ids = [...this.#rows.keys()];
    const id = ids[change.place % Math.max(1, ids.length)];
    const row = id === undefined ? undefined : this.#rows.get(id);
    if (id === undefined || row === undefined) return;
    if (change.kind === 'delete') this.#rows.delete(id);
    else this.#rows.set(id, { content: change.row.content ?? row.content, value: change.row.value ?? row.value });
  }
}
