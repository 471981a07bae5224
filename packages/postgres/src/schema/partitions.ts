import { rules } from '@kohakuvault/core-native/internal';

/** The rule for the number of hash partitions of a table; 0 stands for a table that is not divided. */
export const partitionsRule = rules.wholeNumber(0, 1_024);
