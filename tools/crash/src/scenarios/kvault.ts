import assert from 'node:assert/strict';
import { KVault } from '@kohakuvault/kvault';
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Scenario, Stored } from './scenario.ts';

/** Few keys, so that most are overwritten and deleted again and again. */
const KEYS = 120;

interface Change {
  key: string;
  /** The value; undefined deletes the key. */
  value: unknown;
}

type Operation =
  | { kind: 'change'; change: Change }
  | { kind: 'many'; changes: Change[] }
  /** The nested transaction is undone; with `fails`, all of it is. */
  | { kind: 'transaction'; changes: Change[]; nested: Change[]; fails: boolean }
  | { kind: 'cache on' | 'cache off' | 'flush' | 'clear' | 'checkpoint' | 'optimize' };

type State = Map<string, unknown>;

class Undone extends Error {}

function* operations(random: Random): Generator<Operation, never> {
  const setting = () => ({ key: `key ${random.below(KEYS)}`, value: randomValue(random) });
  const change = () => (random.oneIn(4) ? { ...setting(), value: undefined } : setting());
  for (;;) yield operation(random, setting, change);
}

function operation(random: Random, setting: () => Change, change: () => Change): Operation {
  const kind = random.below(100);
  if (kind < 50) return { kind: 'change', change: change() };
  if (kind < 60) return { kind: 'many', changes: random.list(1, 30, setting) };
  if (kind < 80) {
    const [changes, nested] = [random.list(1, 20, change), random.list(0, 5, change)];
    return { kind: 'transaction', changes, nested, fails: random.oneIn(4) };
  }
  if (kind < 85) return { kind: 'cache on' };
  if (kind < 88) return { kind: 'cache off' };
  if (kind < 95) return { kind: 'flush' };
  if (kind < 98) return { kind: 'checkpoint' };
  return { kind: random.oneIn(2) ? 'clear' : 'optimize' };
}

/** Returns a value, mostly a short one. Some fill many pages, so that a kill can hit their commit. */
function randomValue(random: Random): unknown {
  const number = random.below(2 ** 31);
  const kind = random.below(10);
  if (kind === 0) return Buffer.alloc(random.below(400_000), number);
  if (kind < 3) return { number, list: [number / 7, null, `text ${number}`], at: new Date(number) };
  if (kind < 6) return number;
  return `text ${number} `.repeat(random.below(50));
}

class Writer implements Carrier<Operation> {
  readonly #vault: KVault;

  constructor(file: string) {
    this.#vault = new KVault(file);
  }

  carryOut(operation: Operation): void {
    const vault = this.#vault;
    switch (operation.kind) {
      case 'change':
        this.#change(operation.change);
        break;
      case 'many':
        vault.setMany(operation.changes.map(({ key, value }) => [key, value]));
        break;
      case 'transaction':
        undoable(() => vault.transaction(() => this.#transaction(operation)));
        break;
      case 'cache on':
        // Only operations flush it, so that the model knows when.
        vault.enableCache({ autoFlush: false });
        break;
      case 'cache off':
        vault.disableCache();
        break;
      case 'flush':
        vault.flushCache();
        break;
      case 'clear':
        vault.clear();
        break;
      case 'checkpoint':
        vault.checkpoint('truncate');
        break;
      case 'optimize':
        vault.optimize();
        break;
    }
  }

  #transaction({ changes, nested, fails }: Operation & { kind: 'transaction' }): void {
    for (const change of changes) this.#change(change);
    undoable(() =>
      this.#vault.transaction(() => {
        for (const change of nested) this.#change(change);
        throw new Undone();
      }),
    );
    if (fails) throw new Undone();
  }

  #change({ key, value }: Change): void {
    if (value === undefined) this.#vault.delete(key);
    else this.#vault.set(key, value);
  }
}

function undoable(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
}

/** The content of the file, and the pending writes of the cache, which a transaction writes too. */
class Model implements Carrier<Operation>, Stored<State> {
  readonly #file: State;
  #pending: Change[] = [];
  #cached = false;

  constructor(before: State) {
    this.#file = new Map(before);
  }

  stored(): State {
    return new Map([...this.#file].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
      case 'change':
        this.#pending.push(operation.change);
        if (!this.#cached) this.#flush();
        break;
      case 'many':
        this.#pending.push(...operation.changes);
        if (!this.#cached) this.#flush();
        break;
      case 'transaction':
        if (operation.fails) break;
        this.#pending.push(...operation.changes);
        this.#flush();
        break;
      case 'cache on':
        this.#cached = true;
        break;
      case 'cache off':
        this.#cached = false;
        this.#flush();
        break;
      case 'flush':
        this.#flush();
        break;
      case 'clear':
        this.#pending = [];
        this.#file.clear();
        break;
      case 'checkpoint':
      case 'optimize':
        break;
    }
  }

  #flush(): void {
    for (const { key, value } of this.#pending) {
      if (value === undefined) this.#file.delete(key);
      else this.#file.set(key, value);
    }
    this.#pending = [];
  }
}

function read(file: string): State {
  using vault = new KVault(file);
  const found = new Map(vault.entries());
  assert.equal(vault.size, found.size);
  assert.deepEqual(vault.database.pragma('integrity_check', { simple: true }), 'ok');
  return found;
}

/** A KVault: sets, deletes, transactions that nest and fail, cached writes and their flushes, checkpoints. */
export const kvault: Scenario<Operation, State> = {
  operations,
  openWriter: (file) => new Writer(file),
  model: (before) => new Model(before),
  read,
};
