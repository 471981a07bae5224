import { setImmediate as immediate } from 'node:timers/promises';
import { type Column, ColumnVault, type Compression, type DType, type Layout } from '@kohakuvault/columns';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

/** One step on a column, which must have the same effect on an array. */
export type Step =
  | { do: 'append' | 'include'; value: unknown }
  | { do: 'extend' | 'push'; values: unknown[] }
  | { do: 'set' | 'insert'; index: number; value: unknown }
  | { do: 'setSlice'; index: number; values: unknown[] }
  | { do: 'remove' | 'readAt'; index: number }
  | { do: 'removeRange'; start: number; end: number }
  | { do: 'truncate'; to: number }
  | { do: 'slice'; start: number | undefined; end: number | undefined; step: number }
  | { do: 'take'; indexes: number[] }
  | { do: 'batches'; start: number | undefined; end: number | undefined; bytes: number }
  | { do: 'pop' | 'reverse' | 'clear' | 'compact' | 'iterate' }
  | { do: 'cache' | 'noCache' | 'vaultCache' | 'noVaultCache' | 'flush' | 'reopen' }
  | { do: 'elsewhere'; values: unknown[] }
  | { do: 'transaction'; steps: Step[]; fails: boolean };

export function steps(value: fc.Arbitrary<unknown>): fc.Arbitrary<Step[]> {
  const index = fc.integer({ min: -40, max: 40 });
  const bound = fc.option(index, { nil: undefined });
  const values = fc.array(value, { maxLength: 20 });
  const plain = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('append', 'include'), value }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('extend', 'push'), values }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('set', 'insert'), index, value }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('setSlice'), index, values }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('remove', 'readAt'), index }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('removeRange'), start: index, end: index }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate'), to: fc.nat({ max: 60 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('slice'),
        start: bound,
        end: bound,
        step: fc.constantFrom(1, 1, 2, 3, -1, -2, 50),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take'), indexes: fc.array(index, { maxLength: 9 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('batches'), start: bound, end: bound, bytes: fc.nat(200) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pop', 'reverse', 'compact', 'iterate', 'clear') }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('cache', 'noCache', 'vaultCache', 'noVaultCache', 'flush') }),
    },
  ) as fc.Arbitrary<Step>;
  const outer = fc.oneof(
    { weight: 20, arbitrary: plain },
    { weight: 1, arbitrary: fc.constant({ do: 'reopen' } as Step) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('elsewhere'), values }) as fc.Arbitrary<Step> },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('transaction'),
        fails: fc.boolean(),
        steps: fc.array(
          fc.oneof(
            { weight: 8, arbitrary: plain },
            {
              weight: 1,
              arbitrary: fc.record({
                do: fc.constant('transaction'),
                fails: fc.boolean(),
                steps: fc.array(plain, { maxLength: 4 }),
              }) as fc.Arbitrary<Step>,
            },
          ),
          { maxLength: 6 },
        ),
      }) as fc.Arbitrary<Step>,
    },
  );
  return fc.array(outer, { maxLength: 30 });
}

const ENOUGH = new Error('rolled back');

/** A column, and the array that it must equal after every step. */
export class Model {
  readonly #file = tempFile();
  readonly #dtype: DType;
  readonly #layout: Layout;
  #vault: ColumnVault;
  #column: Column;
  #array: unknown[] = [];

  constructor(
    dtype: DType,
    limits: { minChunkBytes: number; maxChunkBytes: number },
    layout: Layout = '0.7',
    compression?: Compression,
  ) {
    this.#dtype = dtype;
    this.#layout = layout;
    this.#vault = new ColumnVault(this.#file, { residentBytes: 3000, layout });
    this.#column = this.#vault.createColumn('x', dtype, { ...limits, compression });
    this.#vault.createColumn('neighbor', dtype, limits);
  }

  async run(list: Step[]): Promise<void> {
    try {
      for (const step of list) {
        await this.#step(step);
        this.#compare(step);
      }
      this.#reopen();
      this.#compare({ do: 'reopen' });
      expect(this.#vault.column('neighbor').length).toBe(0);
      expect(this.#vault.layout).toBe(this.#layout);
      expect(this.#vault.database.pragma('foreign_key_check')).toEqual([]);
    } finally {
      this.#vault.close();
    }
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'reopen') return this.#reopen();
    if (step.do !== 'elsewhere') return this.#now(step);
    // Another connection. Elements that are pending here would come after what it adds.
    this.#vault.flushCache();
    this.#column.flushCache();
    const database = new Database(this.#file);
    using other = new ColumnVault(database);
    const column = other.column('x');
    if (this.#array.length > 0) {
      column.remove(0);
      this.#array.shift();
    }
    column.extend(step.values);
    this.#array.push(...step.values);
    database.close();
    await immediate();
  }

  #now(step: Step): void {
    const column = this.#column;
    const array = this.#array;
    const { length } = array;
    const there = (index: number) => (index < 0 ? index + length : index) >= 0 && index < length && index >= -length;
    switch (step.do) {
      case 'append':
        expect(column.append(step.value)).toBe(array.push(step.value));
        break;
      case 'include':
        expect(column.includes(step.value)).toBe(array.some((value) => same(value, step.value)));
        break;
      case 'extend':
        expect(column.extend(step.values)).toBe(array.push(...step.values));
        break;
      case 'push':
        expect(column.push(...step.values)).toBe(array.push(...step.values));
        break;
      case 'set':
        if (there(step.index)) {
          column.set(step.index, step.value);
          array[step.index < 0 ? step.index + length : step.index] = step.value;
        } else expect(() => column.set(step.index, step.value)).toThrow('there is no element');
        break;
      case 'insert':
        column.insert(step.index, step.value);
        array.splice(step.index, 0, step.value);
        break;
      case 'setSlice': {
        const start = step.index < 0 ? step.index + length : step.index;
        if (start >= 0 && start + step.values.length <= length) {
          column.setSlice(step.index, step.values);
          array.splice(start, step.values.length, ...step.values);
        } else expect(() => column.setSlice(step.index, step.values)).toThrow('do not fit');
        break;
      }
      case 'remove':
        if (there(step.index)) expect(column.remove(step.index)).toEqual(array.splice(step.index, 1)[0]);
        else expect(() => column.remove(step.index)).toThrow('there is no element');
        break;
      case 'readAt':
        expect(column.at(step.index)).toEqual(array.at(step.index));
        break;
      case 'removeRange': {
        const removed = array.slice(step.start, step.end).length;
        expect(column.removeRange(step.start, step.end)).toBe(removed);
        array.splice(step.start, removed);
        break;
      }
      case 'truncate':
        if (step.to <= length) {
          expect(column.truncate(step.to)).toBe(length - step.to);
          array.length = step.to;
        } else expect(() => column.truncate(step.to)).toThrow('expected at most that');
        break;
      case 'slice':
        expect([...column.slice(step.start, step.end, step.step)]).toEqual(pythonSlice(array, step));
        break;
      case 'take': {
        const places = step.indexes.filter(there);
        expect([...column.take(places)]).toEqual(places.map((place) => array.at(place)));
        if (places.length < step.indexes.length)
          expect(() => column.take(step.indexes)).toThrow('the index at position');
        break;
      }
      case 'batches': {
        const batches = [...column.batches({ start: step.start, end: step.end, bytes: step.bytes + 1 })];
        expect(batches.flatMap((batch) => [...batch])).toEqual(array.slice(step.start, step.end));
        break;
      }
      case 'pop':
        expect(column.pop()).toEqual(array.pop());
        break;
      case 'reverse':
        column.reverse();
        array.reverse();
        break;
      case 'clear':
        column.clear();
        array.length = 0;
        break;
      case 'compact':
        column.compact();
        break;
      case 'iterate':
        expect([...column]).toEqual(array);
        break;
      case 'cache':
        column.enableCache({ capBytes: 200, flushThreshold: 150 });
        break;
      case 'noCache':
        column.disableCache();
        break;
      case 'vaultCache':
        this.#vault.enableCache({ capBytes: 300 });
        break;
      case 'noVaultCache':
        this.#vault.disableCache();
        break;
      case 'flush':
        this.#vault.flushCache();
        break;
      case 'transaction':
        this.#transaction(step);
        break;
      default:
        throw new Error(`no step inside a transaction: ${step.do}`);
    }
  }

  #transaction({ steps: list, fails }: Step & { do: 'transaction' }): void {
    const before = [...this.#array];
    try {
      this.#vault.transaction(() => {
        for (const step of list) {
          this.#now(step);
          this.#compare(step);
        }
        if (fails) throw ENOUGH;
      });
    } catch (error) {
      if (error !== ENOUGH) throw error;
      this.#array = before;
    }
  }

  #compare(step: Step): void {
    expect([...this.#column.slice()], `after ${step.do}`).toEqual(this.#array);
    expect(this.#column.length).toBe(this.#array.length);
    expect(this.#column.at(-1)).toEqual(this.#array.at(-1));
  }

  #reopen(): void {
    this.#vault.close();
    this.#vault = new ColumnVault(this.#file, { residentBytes: 3000 });
    this.#column = this.#vault.column('x', this.#dtype);
  }
}

function same(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    // 0 and -0 are equal in a search.
    return a === b;
  }
}

/** Python's slices, implemented independently. */
function pythonSlice(array: unknown[], { start, end, step }: Step & { do: 'slice' }): unknown[] {
  const { length } = array;
  const fix = (index: number) => (index < 0 ? index + length : index);
  const picked: unknown[] = [];
  if (step > 0) {
    const last = end === undefined ? length : Math.min(length, fix(end));
    for (let index = Math.max(0, fix(start ?? 0)); index < last; index += step) picked.push(array[index]);
  } else {
    const last = end === undefined ? -1 : Math.max(-1, fix(end));
    for (let index = Math.min(length - 1, start === undefined ? length - 1 : fix(start)); index > last; index += step) {
      picked.push(array[index]);
    }
  }
  return picked;
}
