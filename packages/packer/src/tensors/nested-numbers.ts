import { describe } from '@kohakuvault/core-native/internal';
import type { TypedArray } from '../elements/element-types.ts';
import { arrayLength } from '../elements/memory.ts';
import { Refusal } from '../errors/codec-errors.ts';

/** As many as a vector's header can tell. */
export const MOST_DIMENSIONS = 255;
/** Two GiB of doubles; arrays that hold each other again and again promise any number. */
const MOST_NUMBERS = 2 ** 28;
/** So much is set aside because of a length alone; more, when there are as many numbers. */
const AT_FIRST = 2 ** 20;

/** Plain numbers or bigints, in arrays of arrays that are as long as each other at every level. */
export function nestedNumbers(array: readonly unknown[]): { data: TypedArray; shape: number[] } {
  const reader = new Reader();
  reader.read(array, 0);
  return { data: reader.finish(), shape: reader.shape };
}

/** Reads every element once: a getter may give another the next time. */
class Reader {
  /** Known as far as the first way down goes, and as a whole from the first number on. */
  readonly shape: number[] = [];
  #isWhole = false;
  #numbers = new Float64Array(0);
  #count = 0;
  /** Everything so far, from the first bigint on. */
  #mixed: unknown[] | undefined;

  read(array: readonly unknown[], depth: number): void {
    const length = arrayLength(array);
    if (this.#isWhole || depth < this.shape.length) this.#expectRow(length, depth);
    else this.#begin(length, depth);
    let index = 0;
    try {
      for (; index < length; index++) {
        let value = array[index];
        if (typeof value === 'number' && this.#isLowest(depth)) {
          const numbers = this.#numbers;
          let count = this.#count;
          while (typeof value === 'number' && count < numbers.length) {
            numbers[count++] = value;
            if (++index === length) break;
            value = array[index];
          }
          this.#count = count;
          if (index === length) return;
        }
        if (Array.isArray(value)) this.read(value, depth + 1);
        else this.#add(value, depth);
      }
    } catch (error) {
      throw Refusal.within(error, index);
    }
  }

  finish(): TypedArray {
    return this.#mixed === undefined ? this.#numbers : integers(this.#mixed, this.shape);
  }

  #begin(length: number, depth: number): void {
    if (depth === MOST_DIMENSIONS) {
      throw new Refusal(`the arrays are nested more than ${MOST_DIMENSIONS} deep, or contain themselves`);
    }
    this.shape.push(length);
    if (length === 0) this.#becomeWhole();
  }

  #expectRow(length: number, depth: number): void {
    const expected = this.shape[depth];
    if (expected === undefined) throw new Refusal('this is an array, where the ones before it are numbers');
    if (length !== expected) throw new Refusal(`this row is ${length} long, the ones before it ${expected}`);
  }

  /** Whether plain numbers lie at this depth, and no bigint was met. */
  #isLowest(depth: number): boolean {
    if (depth + 1 !== this.shape.length) return false;
    if (!this.#isWhole) this.#becomeWhole();
    return this.#mixed === undefined;
  }

  #add(value: unknown, depth: number): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') throw new Refusal(`${describe(value)} is no number`);
    if (!this.#isWhole && depth + 1 === this.shape.length) this.#becomeWhole();
    if (depth + 1 !== this.shape.length) {
      throw new Refusal(`${describe(value)} is no row, which the ones before it are`);
    }
    if (typeof value === 'bigint') this.#mixed ??= Array.from(this.#numbers.subarray(0, this.#count));
    if (this.#mixed !== undefined) {
      this.#mixed.push(value);
      return;
    }
    if (this.#count === this.#numbers.length) this.#grow();
    this.#numbers[this.#count++] = value as number;
  }

  #becomeWhole(): void {
    this.#isWhole = true;
    // Rows of nothing take time too, so that a size of 0 counts as 1.
    const steps = this.shape.reduce((product, size) => product * Math.max(size, 1), 1);
    if (steps > MOST_NUMBERS) {
      throw new Refusal(`arrays of the shape [${this.shape.join(', ')}] are too large: give a typed array`);
    }
    this.#numbers = new Float64Array(Math.min(this.#total, AT_FIRST));
  }

  get #total(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(this.#total, this.#numbers.length * 2));
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

/** Bigints, and numbers among them, as an array of 64-bit integers that holds each of them exactly. */
function integers(values: readonly unknown[], shape: readonly number[]): TypedArray {
  const wide = values.map((value, place) => {
    if (typeof value === 'bigint') return value;
    if (Number.isInteger(value)) return BigInt(value as number);
    throw at(place, shape, new Refusal(`${describe(value)} is no integer, which others beside it are`));
  });
  const signed = wide.every((value) => BigInt.asIntN(64, value) === value);
  const array = signed ? BigInt64Array.from(wide) : BigUint64Array.from(wide);
  const wrong = wide.findIndex((value, place) => array[place] !== value);
  if (wrong >= 0) throw at(wrong, shape, new Refusal(`${describe(wide[wrong])} does not fit 64 bits`));
  return array;
}

/** Gives a refusal the path of an element by its place among all of them. */
function at(place: number, shape: readonly number[], refusal: Refusal): unknown {
  let error: unknown = refusal;
  let rest = place;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension] as number;
    error = Refusal.within(error, rest % size);
    rest = Math.floor(rest / size);
  }
  return error;
}
