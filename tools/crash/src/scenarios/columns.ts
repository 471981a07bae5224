import assert from 'node:assert/strict';
import { type Column, ColumnVault } from '@kohakuvault/columns';
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Scenario, Stored } from './scenario.ts';

/** Chunks so small that they fill, double, are rebuilt and freed all the time. */
const CHUNKS = { minChunkBytes: 1_024, maxChunkBytes: 16_384 };
/** The length that columns keep to: beyond it more elements are removed than added. */
const LENGTH = 3_000;

/** A number in one column and a text at the same index in the other. */
interface Row {
  number: number;
  text: string;
}

/** A change of both columns. Indexes are given as fractions of the length, which is not known beforehand. */
type Change =
  | { kind: 'extend'; rows: Row[] }
  | { kind: 'insert' | 'set'; place: number; row: Row }
  | { kind: 'setSlice'; place: number; rows: Row[] }
  | { kind: 'remove'; place: number }
  | { kind: 'removeRange'; place: number; count: number }
  | { kind: 'clear' | 'reverse' };

type Operation =
  /** Changes in one transaction; with `fails`, all of them are undone. */
  | { kind: 'transaction'; changes: Change[]; fails: boolean }
  /** Appends outside a transaction, one after the other: only while the cache is on. */
  | { kind: 'append'; rows: Row[] }
  | { kind: 'cache on' | 'cache off' | 'flush' | 'compact' | 'checkpoint' };

type State = Row[];

class Undone extends Error {}

function* operations(random: Random): Generator<Operation, never> {
  for (;;) yield operation(random);
}

function operation(random: Random): Operation {
  const kind = random.below(100);
  if (kind < 55) {
    return { kind: 'transaction', changes: random.list(1, 6, () => randomChange(random)), fails: random.oneIn(5) };
  }
  if (kind < 75) return { kind: 'append', rows: random.list(1, 40, () => randomRow(random)) };
  if (kind < 82) return { kind: 'cache on' };
  if (kind < 85) return { kind: 'cache off' };
  if (kind < 93) return { kind: 'flush' };
  return { kind: random.oneIn(2) ? 'compact' : 'checkpoint' };
}

function randomChange(random: Random): Change {
  const place = random.below(2 ** 20) / 2 ** 20;
  const kind = random.below(100);
  if (kind < 35) return { kind: 'extend', rows: random.list(1, random.oneIn(8) ? 400 : 60, () => randomRow(random)) };
  if (kind < 50) return { kind: 'insert', place, row: randomRow(random) };
  if (kind < 65) return { kind: 'set', place, row: randomRow(random) };
  if (kind < 73) return { kind: 'setSlice', place, rows: random.list(0, 30, () => randomRow(random)) };
  if (kind < 85) return { kind: 'remove', place };
  if (kind < 97) return { kind: 'removeRange', place, count: random.below(120) };
  if (kind < 99) return { kind: 'reverse' };
  return { kind: 'clear' };
}

/** Returns a text, mostly a short one; some are longer than a chunk. */
function randomRow(random: Random): Row {
  const number = random.below(2 ** 31);
  if (random.oneIn(300)) return { number, text: `${number} `.repeat(random.below(4_000)) };
  return { number, text: random.oneIn(10) ? '' : `text ${number} `.repeat(1 + random.below(8)) };
}

function undoable(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
}

function open(file: string): { vault: ColumnVault; numbers: Column<'f64'>; texts: Column<'str:utf8'> } {
  const vault = new ColumnVault(file);
  return vault.transaction(() => ({
    vault,
    numbers: vault.ensure('numbers', 'f64', CHUNKS),
    texts: vault.ensure('texts', 'str:utf8', CHUNKS),
  }));
}

class Writer implements Carrier<Operation> {
  readonly #vault: ColumnVault;
  readonly #numbers: Column<'f64'>;
  readonly #texts: Column<'str:utf8'>;
  #cached = false;

  constructor(file: string) {
    const { vault, numbers, texts } = open(file);
    this.#vault = vault;
    this.#numbers = numbers;
    this.#texts = texts;
  }

  carryOut(operation: Operation): void {
    const vault = this.#vault;
    switch (operation.kind) {
      case 'transaction':
        undoable(() =>
          vault.transaction(() => {
            for (const change of operation.changes) this.#change(change);
            if (operation.fails) throw new Undone();
          }),
        );
        break;
      case 'append':
        if (this.#cached) this.#append(operation.rows);
        else vault.transaction(() => this.#append(operation.rows));
        break;
      case 'cache on':
        // Only operations flush it, so that the model knows when.
        vault.enableCache({ autoFlush: false });
        this.#cached = true;
        break;
      case 'cache off':
        vault.disableCache();
        this.#cached = false;
        break;
      case 'flush':
        vault.flushCache();
        break;
      case 'compact':
        vault.transaction(() => {
          this.#numbers.compact();
          this.#texts.compact();
        });
        break;
      case 'checkpoint':
        vault.checkpoint('truncate');
        break;
    }
  }

  #append(rows: Row[]): void {
    for (const { number, text } of rows) {
      this.#numbers.append(number);
      this.#texts.append(text);
    }
  }

  #change(change: Change): void {
    const [numbers, texts] = [this.#numbers, this.#texts];
    const { length } = numbers;
    switch (change.kind) {
      case 'extend': {
        const room = Math.max(0, LENGTH - length);
        numbers.extend(change.rows.slice(0, room).map(({ number }) => number));
        texts.extend(change.rows.slice(0, room).map(({ text }) => text));
        break;
      }
      case 'insert': {
        const at = Math.floor(change.place * (length + 1));
        numbers.insert(at, change.row.number);
        texts.insert(at, change.row.text);
        break;
      }
      case 'set': {
        const at = Math.floor(change.place * length);
        if (at === length) break;
        numbers.set(at, change.row.number);
        texts.set(at, change.row.text);
        break;
      }
      case 'setSlice': {
        const at = Math.floor(change.place * length);
        const rows = change.rows.slice(0, length - at);
        numbers.setSlice(
          at,
          rows.map(({ number }) => number),
        );
        texts.setSlice(
          at,
          rows.map(({ text }) => text),
        );
        break;
      }
      case 'remove': {
        const at = Math.floor(change.place * length);
        if (at === length) break;
        numbers.remove(at);
        texts.remove(at);
        break;
      }
      case 'removeRange': {
        const at = Math.floor(change.place * length);
        const end = Math.min(length, at + change.count);
        numbers.removeRange(at, end);
        texts.removeRange(at, end);
        break;
      }
      case 'clear':
        numbers.clear();
        texts.clear();
        break;
      case 'reverse':
        numbers.reverse();
        texts.reverse();
        break;
    }
  }
}

/** The content of the file, and the pending writes of the cache, which any commit writes too. */
class Model implements Carrier<Operation>, Stored<State> {
  #file: State;
  #pending: Row[] = [];
  #cached = false;

  constructor(before: State) {
    this.#file = [...before];
  }

  stored(): State {
    return [...this.#file];
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
      case 'transaction': {
        if (operation.fails) break;
        this.#flush();
        for (const change of operation.changes) this.#change(change);
        break;
      }
      case 'append':
        this.#pending.push(...operation.rows);
        if (!this.#cached) this.#flush();
        break;
      case 'cache on':
        this.#cached = true;
        break;
      case 'cache off':
        this.#cached = false;
        this.#flush();
        break;
      case 'flush':
      case 'compact':
        this.#flush();
        break;
      case 'checkpoint':
        break;
    }
  }

  #flush(): void {
    this.#file.push(...this.#pending);
    this.#pending = [];
  }

  #change(change: Change): void {
    const rows = this.#file;
    const { length } = rows;
    switch (change.kind) {
      case 'extend':
        rows.push(...change.rows.slice(0, Math.max(0, LENGTH - length)));
        break;
      case 'insert':
        rows.splice(Math.floor(change.place * (length + 1)), 0, change.row);
        break;
      case 'set':
        if (length > 0) rows[Math.floor(change.place * length)] = change.row;
        break;
      case 'setSlice': {
        const at = Math.floor(change.place * length);
        const put = change.rows.slice(0, length - at);
        rows.splice(at, put.length, ...put);
        break;
      }
      case 'remove':
        rows.splice(Math.floor(change.place * length), 1);
        break;
      case 'removeRange':
        rows.splice(Math.floor(change.place * length), change.count);
        break;
      case 'clear':
        this.#file = [];
        break;
      case 'reverse':
        rows.reverse();
        break;
    }
  }
}

function read(file: string): State {
  const { vault, numbers, texts } = open(file);
  try {
    const found = vault.snapshot(() => ({ numbers: numbers.slice(), texts: texts.slice() }));
    assert.equal(found.numbers.length, found.texts.length, 'both columns were written together');
    assert.deepEqual([numbers.length, texts.length], [found.numbers.length, found.texts.length]);
    const bytes = found.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    assert.equal(texts.stats().liveBytes, bytes, 'the index speaks of the bytes that are there');
    assert.equal(vault.database.pragma('integrity_check', { simple: true }), 'ok');
    assert.deepEqual(vault.database.pragma('foreign_key_check'), []);
    return found.texts.map((text, index) => ({ number: found.numbers[index] as number, text }));
  } finally {
    vault.close();
  }
}

/**
 * A column of fixed and one of variable size that are always written together: in transactions, and through the cache.
 */
export const columns: Scenario<Operation, State> = {
  operations,
  openWriter: (file) => new Writer(file),
  model: (before) => new Model(before),
  read,
};
