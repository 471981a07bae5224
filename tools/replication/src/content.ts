// What the writers write, and what a file must hold after so many transactions of each.
import assert from 'node:assert/strict';
import { ColumnVault } from '@kohakuvault/columns';
import type { ConnectionOptions } from '@kohakuvault/core-native/database';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';

const DIMENSIONS = 8;
/** Keys are written again and again, so that pages change that a snapshot has. */
const KEYS = 40;
const WRITERS = 2;

export type Counts = readonly number[];

/** The vaults of one file. A transaction writes to all of them. */
export class Vaults implements Disposable {
  readonly kv: KVault;
  readonly columns: ColumnVault;
  readonly vectors: VectorKVault<string>;
  readonly texts: TextVault<string>;

  constructor(file: string, options?: ConnectionOptions) {
    // A file system of FUSE counts as one that may be on another machine.
    this.kv = new KVault(file, { networkWarning: false, ...options });
    this.columns = new ColumnVault(this.kv);
    this.vectors = new VectorKVault<string>(this.kv, { dimensions: DIMENSIONS, metric: 'l2' });
    this.texts = new TextVault<string>(this.kv);
  }

  /** Returns how many transactions of a writer the file has. */
  count(writer: number): number {
    return (this.kv.get(`count ${writer}`) as number | undefined) ?? 0;
  }

  /** Writes the next transaction of a writer. Returns how many the file has then. */
  write(writer: number): number {
    return this.kv.transaction(() => {
      const number = this.count(writer);
      this.kv.set(`count ${writer}`, number + 1);
      this.kv.set(keyOf(writer, number), contentOf(writer, number));
      this.columns.ensure(`numbers ${writer}`, 'i64').append(BigInt(number));
      this.vectors.insert(vectorOf(number), nameOf(writer, number));
      this.texts.insert(`${nameOf(writer, number)} has some words`, nameOf(writer, number));
      return number + 1;
    });
  }

  [Symbol.dispose](): void {
    for (const vault of [this.texts, this.vectors, this.columns, this.kv]) vault.close();
  }
}

const nameOf = (writer: number, number: number) => `writer ${writer} number ${number}`;
const keyOf = (writer: number, number: number) => `value ${writer} ${number % KEYS}`;
const contentOf = (writer: number, number: number) => ({ number, filler: 'x'.repeat((number * 37 + writer) % 3_000) });
const vectorOf = (number: number) => new Float32Array(DIMENSIONS).fill(number);

/** Returns how many transactions of each writer a file has, and checks that it holds exactly what they have written. */
export function countsOf(file: string, options?: ConnectionOptions): Counts {
  using vaults = new Vaults(file, options);
  // Another process may write meanwhile.
  return vaults.kv.snapshot(() => countsIn(vaults));
}

function countsIn(vaults: Vaults): Counts {
  const { kv, columns, vectors, texts } = vaults;
  assert.equal(kv.database.pragma('integrity_check', { simple: true }), 'ok');
  const counts = Array.from({ length: WRITERS }, (_, writer) => vaults.count(writer));
  const entries = new Map<string, unknown>();
  const names: string[] = [];
  for (const [writer, count] of counts.entries()) {
    if (count > 0) entries.set(`count ${writer}`, count);
    for (let number = 0; number < count; number++) {
      entries.set(keyOf(writer, number), contentOf(writer, number));
      names.push(nameOf(writer, number));
    }
    const numbers = count === 0 ? [] : [...columns.column(`numbers ${writer}`, 'i64')];
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, number) => BigInt(number)),
    );
  }
  names.sort();
  assert.deepEqual(new Map(kv.entries()), entries);
  assert.deepEqual(Array.from(vectors.values()).sort(), names);
  for (const [, vector, name] of vectors) assert.ok(name.endsWith(` ${vector[0]}`), name);
  assert.deepEqual(Array.from(texts, ([, , name]) => name).sort(), names);
  assert.equal(texts.count('words'), names.length);
  return counts;
}
