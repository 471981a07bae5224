// JavaScript of the user that runs inside one of our calls. Each case runs in its own process.
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { runScript } from './support/processes.ts';

const inProcess = async (name: string) => expect(await runScript('inside-calls.ts', [name, tempFile()])).toBe('done\n');

test.each([
  'finalize in a trigger',
  'close in a trigger',
  "close in a trigger, by better-sqlite3's own close",
  'close in a getter',
])('statements that run are not finalized: %s', inProcess);

test.each(['bytes lost while they are written', 'bytes lost by a trigger that another connection made'])(
  'what is written is what the call was given: %s',
  inProcess,
);

test.each([
  'a key whose getter loses the memory of a range',
  'keys whose getter loses the memory of the values',
  'a view whose function loses the memory of the answer',
])('memory is asked for when no JavaScript can lose it any more: %s', inProcess);

test('a call inside the same call corrupts neither', () => inProcess('the same statement in the middle of itself'));
