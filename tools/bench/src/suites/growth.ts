import type { Suite } from '../suite.ts';
import { columnCases, makeColumns } from './growth/columns.ts';
import { mapCases } from './growth/maps.ts';
import { makeTables, tableCases } from './growth/tables.ts';
import { makeValues, valueCases } from './growth/values.ts';
import { makeVectors, vectorCases } from './growth/vectors.ts';

const suite: Suite = {
  about: 'How costs grow with what is stored: tables filled at random, columns, large values, many vectors.',
  cases: [...tableCases, ...columnCases, ...valueCases, ...vectorCases, ...mapCases],
  isKept: true,
  prepare: async (fixtures, quick, preparation) => {
    await makeTables(fixtures, quick, preparation);
    await makeColumns(fixtures, quick, preparation);
    await makeValues(fixtures, quick, preparation);
    await makeVectors(fixtures, quick, preparation);
  },
};

export default suite;
