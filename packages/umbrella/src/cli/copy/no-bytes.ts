import { InvalidArgument } from '@kohakuvault/core-native/internal';

/** The items of values with structures have every value, so nobody asks for the bytes of a long one. */
export function refused(): never {
  throw new InvalidArgument('values that share structures have no bytes that mean the same elsewhere');
}
