import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { LogPosition } from '../changes/change-log.ts';

const FORM = /^([0-9a-f]{16})-(\d{1,16})$/;

/** Returns a position as users keep it. */
export function positionText({ log, number }: LogPosition): string {
  return `${log}-${number}`;
}

/** Returns the position that a user has kept. */
export function positionOf(text: unknown): LogPosition {
  const found = typeof text === 'string' ? FORM.exec(text) : undefined;
  if (found) return { log: found[1] as string, number: Number(found[2]) };
  throw new InvalidArgument(`watch expects since to be the position of a watch or of a change, got ${describe(text)}`);
}
