import { describe } from '@kohakuvault/core-native/internal';
import type { TypedArray } from '../elements/element-types.ts';
import { arrayLength } from '../elements/memory.ts';
import { EncodeError } from '../errors/encode-error.ts';

/** The most dimensions that the header of a vector can hold. */
export const MOST_DIMENSIONS = 255;
/** 2 GiB of doubles. Arrays that contain the same array many times can claim any number. */
const MOST_NUMBERS = 2 ** 28;
/** The most numbers to allocate by a length alone; more are allocated when the numbers really exist. */
const AT_FIRST = 2 ** 20;

/**
 * Reads numbers and bigints from nested arrays, and booleans as 0 and 1 if that is asked for. All arrays of one level must
 * have the same length.
 */
export function nestedNumbers(array: readonly unknown[], takesBooleans: boolean): NestedData {
  const reader = new Reader(takesBooleans);
  reader.read(array, 0);
  return { data: reader.finish(), shape: reader.shape };
}

interface NestedData {
  data: TypedArray;
  shape: number[];
}

/** Reads every element once: a getter may return another the next time. */
class Reader {
  readonly #takesBooleans: boolean;
  /** The sizes on the way to the first number. It is complete from the first number on. */
  readonly shape: number[] = [];
  #isComplete = false;
  #numbers = new Float64Array(0);
  #count = 0;
  /** All numbers and bigints so far, as soon as there is a bigint. */
  #mixed: unknown[] | undefined;

  constructor(takesBooleans: boolean) {
    this.#takesBooleans = takesBooleans;
  }

  read(array: readonly unknown[], depth: number): void {
    const length = arrayLength(array);
    if (this.#isComplete || depth < this.shape.length) this.#expectRow(length, depth);
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
      throw EncodeError.within(error, index);
    }
  }

  finish(): TypedArray {
    return this.#mixed === undefined ? this.#numbers : integers(this.#mixed, this.shape);
  }

  #begin(length: number, depth: number): void {
    if (depth === MOST_DIMENSIONS) {
      throw new EncodeError(`the arrays are nested more than ${MOST_DIMENSIONS} deep, or contain themselves`);
    }
    this.shape.push(length);
    if (length === 0) this.#complete();
  }

  #expectRow(length: number, depth: number): void {
    const expected = this.shape[depth];
    if (expected === undefined) throw new EncodeError('this element is an array; those before it are numbers');
    if (length !== expected) throw new EncodeError(`this row has ${length} elements; those before it have ${expected}`);
  }

  /** Whether this depth is that of the numbers, and no bigint has occurred. */
  #isLowest(depth: number): boolean {
    if (depth + 1 !== this.shape.length) return false;
    if (!this.#isComplete) this.#complete();
    return this.#mixed === undefined;
  }

  #add(given: unknown, depth: number): void {
    const value = this.#takesBooleans && typeof given === 'boolean' ? Number(given) : given;
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new EncodeError(`${describe(value)} is not a number`);
    }
    if (!this.#isComplete && depth + 1 === this.shape.length) this.#complete();
    if (depth + 1 !== this.shape.length) {
      throw new EncodeError(`${describe(value)} is not a row; those before it are`);
    }
    if (typeof value === 'bigint') this.#mixed ??= Array.from(this.#numbers.subarray(0, this.#count));
    if (this.#mixed !== undefined) {
      this.#mixed.push(value);
      return;
    }
    if (this.#count === this.#numbers.length) this.#grow();
    this.#numbers[this.#count++] = value as number;
  }

  #complete(): void {
    this.#isComplete = true;
    // Empty rows take time too, so a size of 0 counts as 1.
    const steps = this.shape.reduce((product, size) => product * Math.max(size, 1), 1);
    if (steps > MOST_NUMBERS) {
      throw new EncodeError(`arrays of the shape [${this.shape.join(', ')}] are too large; give a typed array`);
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

/** Returns bigints and numbers as an array of 64-bit integers that represents each of them exactly. */
function integers(values: readonly unknown[], shape: readonly number[]): TypedArray {
  const wide = values.map((value, place) => {
    if (typeof value === 'bigint') return value;
    if (Number.isInteger(value)) return BigInt(value as number);
    throw at(place, shape, new EncodeError(`${describe(value)} is not an integer; other elements are bigints`));
  });
  const signed = wide.every((value) => BigInt.asIntN(64, value) === value);
  const array = signed ? BigInt64Array.from(wide) : BigUint64Array.from(wide);
  const wrong = wide.findIndex((value, place) => array[place] !== value);
  if (wrong >= 0) throw at(wrong, shape, new EncodeError(`${describe(wide[wrong])} does not fit 64 bits`));
  return array;
}

/** Adds the path of an element to an error, by the element's place among all of them. */
function at(place: number, shape: readonly number[], refused: EncodeError): unknown {
  let error: unknown = refused;
  let remaining = place;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension] as number;
    error = EncodeError.within(error, remaining % size);
    remaining = Math.floor(remaining / size);
  }
  return error;
}
