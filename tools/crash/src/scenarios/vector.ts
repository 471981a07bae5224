import assert from 'node:assert/strict';
import { VectorKVault } from '@kohakuvault/vector';
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Scenario, Stored } from './scenario.ts';

const DIMENSIONS = 16;
const OPTIONS = { dimensions: DIMENSIONS, metric: 'l2' } as const;

interface Row {
  /** The number that fills the vector. */
  fill: number;
  value: unknown;
}

type Change =
  | { kind: 'insert'; rows: Row[] }
  /** The place of the id in the order of ids, modulo their number. */
  | { kind: 'update'; place: number; vector?: number; value?: unknown }
  | { kind: 'delete'; place: number };

type Operation =
  | Change
  | { kind: 'transaction'; changes: Change[]; fails: boolean }
  | { kind: 'clear' | 'search' | 'checkpoint' | 'optimize' };

interface State {
  rows: Map<bigint, Row>;
  /** The highest id that a vector ever had. */
  last: bigint;
}

class Undone extends Error {}

function* operations(random: Random): Generator<Operation, never> {
  const row = (): Row => ({ fill: random.below(1_000), value: randomValue(random) });
  const change = (): Change => {
    const kind = random.below(10);
    if (kind < 5) return { kind: 'insert', rows: random.list(1, random.oneIn(6) ? 200 : 2, row) };
    const place = random.below(1_000);
    if (kind < 7) return { kind: 'delete', place };
    const { fill, value } = row();
    return { kind: 'update', place, ...(kind !== 7 && { vector: fill }), ...(kind !== 8 && { value }) };
  };
  for (;;) {
    const kind = random.below(100);
    if (kind < 70) yield change();
    else if (kind < 85) yield { kind: 'transaction', changes: random.list(1, 8, change), fails: random.oneIn(4) };
    else if (kind < 93) yield { kind: 'search' };
    else if (kind < 97) yield { kind: 'checkpoint' };
    else yield { kind: random.oneIn(2) ? 'clear' : 'optimize' };
  }
}

function randomValue(random: Random): unknown {
  const number = random.below(2 ** 31);
  if (random.oneIn(20)) return Buffer.alloc(random.below(200_000), number);
  return random.oneIn(2) ? number : { text: `number ${number}`, at: new Date(number) };
}

class Writer implements Carrier<Operation> {
  readonly #vault: VectorKVault;
  /** The ids in their order, as the model has them. */
  #ids: bigint[];

  constructor(file: string) {
    this.#vault = new VectorKVault(file, OPTIONS);
    this.#ids = Array.from(this.#vault, ([id]) => id);
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
        // So that there is a resident copy while the next ones are written.
        this.#vault.search(new Array(DIMENSIONS).fill(500), 5);
        break;
      case 'checkpoint':
        this.#vault.checkpoint('truncate');
        break;
      case 'optimize':
        this.#vault.optimize();
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
      this.#ids.push(...this.#vault.insertMany(change.rows.map(({ fill, value }) => [vectorOf(fill), value])));
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
    const { vector, value } = change;
    this.#vault.update(id, { ...(vector !== undefined && { vector: vectorOf(vector) }), value });
  }
}

function vectorOf(fill: number): Float32Array {
  return new Float32Array(DIMENSIONS).fill(fill);
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
    else this.#rows.set(id, { fill: change.vector ?? row.fill, value: change.value ?? row.value });
  }
}

function read(file: string): State {
  using vault = new VectorKVault(file, OPTIONS);
  const rows = new Map<bigint, Row>();
  for (const [id, vector, value] of vault) {
    assert.ok(
      vector.every((element) => element === vector[0]),
      `the vector ${id} is mixed`,
    );
    rows.set(id, { fill: vector[0] as number, value });
  }
  const { database } = vault;
  // Each vector has its value, and each value its vector; searches find the same ones.
  assert.equal(database.prepare('SELECT count(*) FROM vec_kvault_values').pluck().get(), rows.size);
  const found = vault.search(new Array(DIMENSIONS).fill(0), rows.size + 1);
  assert.deepEqual(
    new Map(found.map(({ id, value }) => [id, value])),
    new Map([...rows].map(([id, row]) => [id, row.value])),
  );
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'vec_kvault_rowids'").pluck();
  return { rows, last: BigInt((last.get() as number | undefined) ?? 0) };
}

/** A VectorKVault: inserts of one and of many, updates of vector or value, deletes, transactions that fail, clear. */
export const vector: Scenario<Operation, State> = {
  operations,
  openWriter: (file) => new Writer(file),
  model: (before) => new Model(before),
  read,
};
