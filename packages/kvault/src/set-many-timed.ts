/**
 * The method of a vault that writes many entries of which each has its own time. For sibling packages only.
 * @hidden
 */
export const setManyTimed: unique symbol = Symbol('kohakuvault.set many timed');
