import assert from 'node:assert/strict';
import { TextVault } from '@kohakuvault/text';
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

const TABLE = 'text_vault';

type Operation = RowOperation<string> | { kind: 'search' | 'merge' | 'checkpoint' };
type State = RowsState<string>;

/** Each text has this word, so that a search finds all. */
const COMMON = 'common';

function* operations(random: Random): Generator<Operation, never> {
  const text = () => {
    const words = random.oneIn(30) ? 4_000 : 20;
    return `${COMMON} ${random.list(0, words, () => `word${random.below(5_000)}`).join(' ')}`;
  };
  const row = (): Row<string> => ({
    content: text(),
    value: random.oneIn(10) ? Buffer.alloc(9_000, 7) : random.below(2 ** 31),
  });
  for (;;) {
    const kind = random.below(100);
    if (kind < 70) yield randomChange(random, row);
    else if (kind < 85) yield randomTransaction(random, row);
    else if (kind < 92) yield { kind: 'search' };
    else if (kind < 95) yield { kind: 'checkpoint' };
    else yield { kind: random.oneIn(2) ? 'clear' : 'merge' };
  }
}

class Writer implements Carrier<Operation> {
  readonly #vault: TextVault;
  readonly #rows: RowsWriter<string>;

  constructor(file: string) {
    const vault = new TextVault(file);
    this.#vault = vault;
    this.#rows = new RowsWriter({
      ids: () => [...vault.keys()],
      insertMany: (rows) => vault.insertMany(rows.map(({ content, value }) => [content, value])),
      update: (id, { content, value }) => vault.update(id, { texts: content, value }),
      delete: (id) => vault.delete(id),
      clear: () => vault.clear(),
      transaction: (body) => vault.transaction(body),
    });
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
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
        this.#rows.carryOut(operation);
    }
  }
}

function read(file: string): State {
  using vault = new TextVault(file);
  const rows = new Map<bigint, Row<string>>();
  for (const [id, { content }, value] of vault) rows.set(id, { content, value });
  const { database } = vault;
  // Each document has its value, and each value its document; searches find the same ones.
  assert.equal(database.prepare(`SELECT count(*) FROM ${TABLE}_values`).pluck().get(), rows.size);
  const found = vault.search(COMMON, rows.size + 1);
  assert.deepEqual(
    new Map(found.map(({ id, texts, value }) => [id, { content: texts.content, value }])),
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
  model: (before) => new RowsModel(before),
  read,
};
