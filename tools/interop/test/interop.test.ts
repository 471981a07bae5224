// All in one file: test files run side by side, and the virtualenv is to be made once.
import { describe, expect, test } from 'vitest';
import { findPython, notRun, pythonOf } from '../src/python.ts';
import { arraysOfOurs } from './cases/arrays.ts';
import { blockColumnsOfOurs, columnsOfOurs } from './cases/columns.ts';
import { encodingsOfOurs } from './cases/encodings.ts';
import { entriesThatExpire } from './cases/expiry.ts';
import { filesOfOurs } from './cases/files.ts';
import { locksOfOurs } from './cases/locks.ts';
import { valuesInParts } from './cases/parts.ts';
import { recordsOfOurs } from './cases/records.ts';
import { textsOfOurs } from './cases/texts.ts';
import { oneFile } from './cases/together.ts';
import { indexedVectorsOfOurs } from './cases/vector-index.ts';
import { vectorsOfOurs } from './cases/vectors.ts';
import { changesOfPython } from './cases/watching.ts';

const python = findPython();

if ('path' in python) {
  describe('a file of ours', () => filesOfOurs(python.path));
  describe('values in parts', () => valuesInParts(python.path));
  describe('entries that expire', () => entriesThatExpire(python.path));
  describe('encodings of values', () => encodingsOfOurs(python.path));
  describe('columns', () => columnsOfOurs(python.path));
  describe('arrays of NumPy', () => arraysOfOurs(python.path));
  describe('records of ours', () => recordsOfOurs(python.path));
  describe('vectors of ours', () => vectorsOfOurs(python.path));
  describe('vectors of ours with an index', () => indexedVectorsOfOurs(python.path));
  describe('Python and Node on one file', () => oneFile(python.path));
  describe('locks', () => locksOfOurs(python.path));
  describe('a watch of ours', () => changesOfPython(python.path));
} else {
  test('without a Python that has the package, the reason is reported', () => {
    console.warn(notRun(python.missing));
    expect(notRun(python.missing)).toMatch(/^interop with Python: not run: \S/);
  });
}

describe.each(['0.8.6', '1.1.0'] as const)('texts, with Python %s', (release) => {
  const found = pythonOf(release);
  if ('path' in found) textsOfOurs(found.path);
  else {
    test('without this Python, the reason is reported', () => {
      console.warn(notRun(found.missing));
      expect(notRun(found.missing)).toMatch(/^interop with Python: not run: \S/);
    });
  }
});

const newer = pythonOf('1.1.0');

if ('path' in newer) {
  describe('columns of Python 1.x', () => blockColumnsOfOurs(newer.path));
  describe('entries that expire, and Python 1.x', () => entriesThatExpire(newer.path));
  describe('vectors of ours with an index, and Python 1.x', () => indexedVectorsOfOurs(newer.path));
} else {
  test('without a Python that has release 1.x, the reason is reported', () => {
    console.warn(notRun(newer.missing));
    expect(notRun(newer.missing)).toMatch(/^interop with Python: not run: \S/);
  });
}

test('a named interpreter that cannot be used is reported, not replaced', () => {
  const named = findPython('/no/such/python');
  expect('missing' in named && notRun(named.missing)).toBe(
    'interop with Python: not run: /no/such/python has no kohakuvault and numpy',
  );
});
