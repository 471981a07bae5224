import { DecodeError } from '../errors/decode-error.ts';
import { Kind } from '../headers/header.ts';
import { DEEPEST } from './byte-writer.ts';

const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/** The most digits of an integer. More take seconds to read, and the time grows faster than the length. */
export const MOST_DIGITS = 1_000_000;

/** Whether all encodings write a number as an integer. */
export function isWrittenAsInteger(value: number): boolean {
  return Number.isInteger(value) && value >= -TWO_63 && value < TWO_64 && !Object.is(value, -0);
}

/** The types of the integers that were encoded: numbers, bigints, or both, which no header can express. */
export class SeenIntegers {
  numbers = false;
  bigints = false;

  addNumber(value: number): void {
    this.numbers ||= isWrittenAsInteger(value);
  }

  get kind(): Kind {
    if (this.numbers && this.bigints) return Kind.unsaid;
    return this.bigints ? Kind.bigints : Kind.numbers;
  }
}

/** Converts the integers in decoded arrays and objects to the type that the header names, in place. */
export function withIntegers(value: unknown, kind: Kind): unknown {
  return kind === Kind.unsaid ? value : convert(value, kind, 0);
}

/** Converts a decoded number or bigint to the type that the header names. */
export function asInteger(value: unknown, kind: Kind): unknown {
  if (kind === Kind.numbers) return typeof value === 'bigint' ? Number(value) : value;
  if (kind === Kind.bigints && Number.isSafeInteger(value) && !Object.is(value, -0)) return BigInt(value as number);
  return value;
}

function convert(value: unknown, kind: Kind, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return asInteger(value, kind);
  if (depth === DEEPEST) throw new DecodeError(`the value is nested more than ${DEEPEST} deep`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = convert(value[index], kind, depth + 1);
  } else if (!ArrayBuffer.isView(value)) {
    for (const [key, each] of Object.entries(value)) {
      const converted = convert(each, kind, depth + 1);
      // Only changed values are assigned, so that an own property named __proto__ remains.
      if (converted !== each) (value as Record<string, unknown>)[key] = converted;
    }
  }
  return value;
}
