import { Malformed } from '../errors/codec-errors.ts';
import { Kind } from '../headers/header.ts';
import { DEEPEST } from './byte-writer.ts';

const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/** An integer of more digits takes seconds to read, and ever longer, so none is written nor read. */
export const MOST_DIGITS = 1_000_000;

/** Whether a number is written as an integer, by every encoding alike. */
export function isWrittenAsInteger(value: number): boolean {
  return Number.isInteger(value) && value >= -TWO_63 && value < TWO_64 && !Object.is(value, -0);
}

/** Which integers an encoding was given: only numbers, only bigints, or both, which no header can say. */
export class IntegersMet {
  numbers = false;
  bigints = false;

  number(value: number): void {
    this.numbers ||= isWrittenAsInteger(value);
  }

  get kind(): Kind {
    if (this.numbers && this.bigints) return Kind.unsaid;
    return this.bigints ? Kind.bigints : Kind.numbers;
  }
}

/** Gives the integers of decoded arrays and objects the type that the header names, in place. */
export function withIntegers(value: unknown, kind: Kind): unknown {
  return kind === Kind.unsaid ? value : convert(value, kind, 0);
}

/** A single decoded number or bigint, as the type that the header names. */
export function asInteger(value: unknown, kind: Kind): unknown {
  if (kind === Kind.numbers) return typeof value === 'bigint' ? Number(value) : value;
  if (kind === Kind.bigints && Number.isSafeInteger(value) && !Object.is(value, -0)) return BigInt(value as number);
  return value;
}

function convert(value: unknown, kind: Kind, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return asInteger(value, kind);
  if (depth === DEEPEST) throw new Malformed(`the value is nested more than ${DEEPEST} deep`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = convert(value[index], kind, depth + 1);
  } else if (!ArrayBuffer.isView(value)) {
    for (const [key, each] of Object.entries(value)) {
      const converted = convert(each, kind, depth + 1);
      // Only what changed, so that a property named __proto__ stays one.
      if (converted !== each) (value as Record<string, unknown>)[key] = converted;
    }
  }
  return value;
}
