/**
 * The method of a vault that returns the ids of the vectors that meet a condition. For sibling packages only.
 * @hidden
 */
export const idsWhere: unique symbol = Symbol('kohakuvault.ids where');
