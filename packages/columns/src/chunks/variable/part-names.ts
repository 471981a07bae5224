/** The endings of the two rows of `col_meta` that make one column of variable-size elements. */
export const DATA = '_data';
export const INDEX = '_idx';
