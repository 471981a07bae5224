import assert from 'node:assert/strict';
import { TextVault } from '@kohakuvault/text';
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Scenario, Stored } from './scenario.ts';

const TABLE = 'text_vault';

interface Row {
  text: string;
  value: unknown;
}

type Change =
  | { kind: 'insert'; rows: Row[] }
  /** The place of the id in the order of ids, modulo their number. */
  | { kind: 'update'; place: number; text?: string; value?: unknown }
  | { kind: 'delete'; place: number };

type Operation =
  | Change
  | { kind: 'transaction'; changes: Change[]; fails: boolean }
  | { kind: 'clear' | 'search' | 'merge' | 'checkpoint' };

interface State {
  rows: Map<bigint, Row>;
  /** The highest id that a document ever had. */
  last: bigint;
}

class Undone extends Error {}

/** Each text has this word, so that a search finds all. */
const COMMON = 'common';

function* operations(random: Random): Generator<Operation, never> {
  const text = () => {
    const words = random.oneIn(30) ? 4_000 : 20;
    return `${COMMON} ${random.list(0, words, () => `word${random.below(5_000)}`).join(' ')}`;
  };
  const row = (): Row => ({ text: text(), value: random.oneIn(10) ? Buffer.alloc(9_000, 7) : random.below(2 ** 31) });
  const change = (): Change => {
    const kind = random.below(10);
    if (kind < 5) return { kind: 'insert', rows: random.list(1, random.oneIn(6) ? 200 : 2, row) };
    const place = random.below(1_000);
    if (kind < 7) return { kind: 'delete', place };
    const { text, value } = row();
    return { kind: 'update', place, ...(kind !== 7 && { text }), ...(kind !== 8 && { value }) };
  };
  for (;;) {
    const kind = random.below(100);
    if (kind < 70) yield change();
    else if (kind < 85) yield { kind: 'transaction', changes: random.list(1, 8, change), fails: random.oneIn(4) };
    else if (kind < 92) yield { kind: 'search' };
    else if (kind < 95) yield { kind: 'checkpoint' };
    else yield { kind: random.oneIn(2) ? 'clear' : 'merge' };
  }
}

class Writer implements Carrier<Operation> {
  readonly #vault: TextVault;
  /** The ids in their order, as the model has them. */
  #ids: bigint[];

  constructor(file: string) {
    this.#vault = new TextVault(file);
    this.#ids = [...this.#vault.keys()];
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
      case 'transaction':
        this.#transaction(operation);
        break;
      case 'clear':
        this.#vault.clear();
        this.#ids = [];
        break;
      case 'search':
        this.#vault.search(COMMON, 5);
        break;
      case 'checkpoint':
        this.#vault.checkpoint('truncate');
        break;
      case 'merge':
        this.#vault.merge();
        break;
      default:
        this.#change(operation);
    }
  }

  #transaction({ changes, fails }: Operation & { kind: 'transaction' }): void {
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

  #change(change: Change): void {
    if (change.kind === 'insert') {
      this.#ids.push(...this.#vault.insertMany(change.rows.map(({ text, value }) => [text, value])));
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
    this.#vault.update(id, { texts: change.text, value: change.value });
  }
}

class Model implements Carrier<Operation>, Stored<State> {
  #rows: Map<bigint, Row>;
  #last: bigint;

  constructor({ rows, last }: State) {
    this.#rows = new Map(rows);
    this.#last = last;
  }

  stored(): State {
    return { rows: new Map(this.#rows), last: this.#last };
  }

  carryOut(operation: Operation): void {
    if (operation.kind === 'transaction') {
      if (!operation.fails) for (const change of operation.changes) this.#change(change);
    } else if (operation.kind === 'clear') {
      this.#rows.clear();
    } else if (operation.kind === 'insert' || operation.kind === 'update' || operation.kind === 'delete') {
      this.#change(operation);
    }
  }

  #change(change: Change): void {
    if (change.kind === 'insert') {
      for (const row of change.rows) this.#rows.set(++this.#last, row);
      return;
    }
    const ids = [...this.#rows.keys()];
    const id = ids[change.place % Math.max(1, ids.length)];
    const row = id === undefined ? undefined : this.#rows.get(id);
    if (id === undefined || row === undefined) return;
    if (change.kind === 'delete') this.#rows.delete(id);
    else this.#rows.set(id, { text: change.text ?? row.text, value: change.value ?? row.value });
  }
}

function read(file: string): State {
  using vault = new TextVault(file);
  const rows = new Map<bigint, Row>();
  for (const [id, { content }, value] of vault) rows.set(id, { text: content, value });
  const { database } = vault;
  // Each document has its value, and each value its document; searches find the same ones.
  assert.equal(database.prepare(`SELECT count(*) FROM ${TABLE}_values`).pluck().get(), rows.size);
  const found = vault.search(COMMON, rows.size + 1);
  assert.deepEqual(
    new Map(found.map(({ id, texts, value }) => [id, { text: texts.content, value }])),
    new Map(found.map(({ id }) => [id, rows.get(id)])),
  );
  assert.equal(found.length, rows.size);
  // This also has FTS5 compare its index with the texts.
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  const last = database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = '${TABLE}_values'`).pluck();
  return { rows, last: BigInt((last.get() as number | undefined) ?? 0) };
}

/** A TextVault: inserts of one and of many, updates of text or value, deletes, transactions that fail, clear. */
export const text: Scenario<Operation, State> = {
  operations,
  openWriter: (file) => new Writer(file),
  model: (before) => new Model(before),
  read,
};
