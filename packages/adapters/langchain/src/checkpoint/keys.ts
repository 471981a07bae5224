import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';

/** What separates the parts of a key, and keeps them in order: no part contains it. */
const END = '\0';

/** What is stored of a thread. */
export type Kind = 'checkpoint' | 'value' | 'write';

/** Where a checkpoint is. */
export interface Place {
  readonly thread: string;
  readonly namespace: string;
  readonly id: string;
}

/** Returns a key of its parts. Keys that begin with the same parts lie together. */
export function keyOf(...parts: readonly string[]): string {
  return parts.map(escaped).join(END);
}

/** Returns the beginning of all keys that have these parts first. */
export function beginningOf(...parts: readonly string[]): string {
  return keyOf(...parts) + END;
}

/** Returns the parts of a key. */
export function partsOf(key: string): string[] {
  return key.split(END).map((part) => part.replaceAll(/\\(.)/g, (_, letter) => (letter === '0' ? '\0' : letter)));
}

/** Returns a number of a write, so that the least comes first. Those of special writes are negative. */
export function numberKey(number: number): string {
  return String(number + 1_000_000).padStart(8, '0');
}

/** Checks a part of a configuration. */
export function checkPart(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidArgument(`configurable.${name} is ${describe(value)}; expected text`);
}

function escaped(part: string): string {
  return part.replaceAll('\\', '\\\\').replaceAll('\0', '\\0');
}
