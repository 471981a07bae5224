import { RANGE_RULES, type RangeOptions } from '../statistics/number-source.ts';

/** Which elements become a vector or a table of Arrow. */
export interface ArrowOptions extends RangeOptions {
  /** The module apache-arrow. Default: the installed one. A bundled program gives the one in its bundle. */
  arrow?: unknown;
}

export const ARROW_RULES = {
  ...RANGE_RULES,
  arrow: { expected: 'the module apache-arrow', accepts: (value: unknown) => typeof value === 'object' },
};
