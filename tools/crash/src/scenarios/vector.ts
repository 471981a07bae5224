import assert from 'node:assert/strict';
import { VectorKVault } from '@kohakuvault/vector';
import type { Random } from '../../../testing/src/random.ts';
import {
  type Row,
  type RowOperation,
  RowsModel,
  type RowsState,
  RowsWriter,
  randomChange,
  randomTransaction,
} from './rows.ts';
import type { Carrier, Scenario } from './scenario.ts';

const DIMENSIONS = 16;
const OPTIONS = { dimensions: DIMENSIONS, metric: 'l2' } as const;

/** The content of a row is the number that fills its vector. */
type Operation = RowOperation<number> | { kind: 'search' | 'checkpoint' | 'optimize' };
type State = RowsState<number>;

function* operations(random: Random): Generator<Operation, never> {
  const row = (): Row<number> => ({ content: random.below(1_000), value: randomValue(random) });
  for (;;) {
    const kind = random.below(100);
    if (kind < 70) yield randomChange(random, row);
    else if (kind < 85) yield randomTransaction(random, row);
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
  readonly #rows: RowsWriter<number>;

  constructor(file: string) {
    const vault = new VectorKVault(file, OPTIONS);
    this.#vault = vault;
    this.#rows = new RowsWriter({
      ids: () => Array.from(vault, ([id]) => id),
      insertMany: (rows) => vault.insertMany(rows.map(({ content, value }) => [vectorOf(content), value])),
      update: (id, { content, value }) =>
        vault.update(id, { ...(content !== undefined && { vector: vectorOf(content) }), value }),
      delete: (id) => vault.delete(id),
      clear: () => vault.clear(),
      transaction: (body) => vault.transaction(body),
    });
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
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
        this.#rows.carryOut(operation);
    }
  }
}

function vectorOf(fill: number): Float32Array {
  return new Float32Array(DIMENSIONS).fill(fill);
}

function read(file: string): State {
  using vault = new VectorKVault(file, OPTIONS);
  const rows = new Map<bigint, Row<number>>();
  for (const [id, vector, value] of vault) {
    assert.ok(
      vector.every((element) => element === vector[0]),
      `the vector ${id} is mixed`,
    );
    rows.set(id, { content: vector[0] as number, value });
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
  model: (before) => new RowsModel(before),
  read,
};
