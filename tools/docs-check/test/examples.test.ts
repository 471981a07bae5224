// Each example runs, and prints what it is meant to show.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CONDITIONS } from '../../tasks/built.ts';

const examples = resolve(import.meta.dirname, '../../../examples');
const run = promisify(execFile);

const SHOWN: Record<string, string[]> = {
  'ask-documents.ts': [
    'documents',
    'when does a search end',
    'guides on transactions: 3, true',
    'now by the first 256 numbers: 5 chunks',
  ],
  'media-vault.ts': [
    'begins: THE GENERAL',
    'refused: the line went dead',
    'came out as it went in',
    '0 files, 0 facts',
  ],
  'rag-search.ts': [
    'sentences',
    'docs/',
    'in docs/format.md alone',
    'the index found 5 of the 5 nearest',
    'of the 5 nearest in guides',
    'files by the index of',
    'after an update: A zebra.',
  ],
  'read-python-file.ts': [
    'media: 36 entries',
    'column ids: 29 x i64',
    'the first id is 2510253124404465',
    '18 vectors',
  ],
  'shared-skip-list.ts': ['15000 entries from 3 threads', 'by thread: 5000, 5000, 5000'],
  'tour.ts': ['film:1', 'after the rollback: 4 keys, 1,000,000 losses', 'KV_INVALID_ARGUMENT', 'nothing beside it'],
  'training-log.ts': ['20001 losses', '20001 steps have 20001 rates', 'event:', 'embeddings: 20 x 8 in one block'],
  'with-your-own-tables.ts': ['CHECK constraint failed', "1 order, 1 total, bob's cart is still there", "[ 'ada' ]"],
};

test('every example is known here', () => {
  expect(readdirSync(examples).filter((name) => name.endsWith('.ts'))).toEqual(Object.keys(SHOWN));
});

test.each(Object.entries(SHOWN))('%s', async (name, shown) => {
  const { stdout, stderr } = await run(process.execPath, [...CONDITIONS, join(examples, name)]);
  for (const text of shown) expect(stdout).toContain(text);
  expect(stderr).toBe('');
});
