import type { Suite } from '../suite.ts';
import { documentCases } from './packer/documents.ts';
import { numberCases } from './packer/numbers.ts';
import { stringCases } from './packer/strings.ts';
import { vectorCases } from './packer/vectors.ts';

const suite: Suite = {
  about: 'Values to bytes and back: numbers, strings, vectors, documents.',
  cases: [...numberCases, ...vectorCases, ...documentCases, ...stringCases],
};

export default suite;
