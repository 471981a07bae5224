import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** Throws unless the elements from `start` up to `end` exist. */
export function checkRange(column: string, start: number, end: number, length: number): void {
  if (start >= 0 && start <= end && end <= length) return;
  const wanted = end === start + 1 ? `element ${start} does` : `elements ${start} to ${end} do`;
  throw new InvalidArgument(`column ${JSON.stringify(column)} has ${length} elements; ${wanted} not exist`);
}
