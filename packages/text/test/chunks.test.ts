// How texts are split: whole sentences, chunks that cover the text, overlaps of whole sentences.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf } from '../src/documents/chunks.ts';

const cut = (text: string, size: number, overlap: number) =>
  chunksOf(text, { size, overlap }).map(({ start, end }) => text.slice(start, end));

test('chunks have whole sentences, and begin with the last ones of the chunk before', () => {
  const text = 'One is here. Two is here. Three is here. Four is here.';
  expect(cut(text, 30, 0)).toEqual(['One is here. Two is here. ', 'Three is here. Four is here.']);
  expect(cut(text, 30, 15)).toEqual([
    'One is here. Two is here. ',
    'Two is here. Three is here. ',
    'Three is here. Four is here.',
  ]);
  expect(cut('short', 30, 15)).toEqual(['short']);
  expect(cut('', 30, 15)).toEqual([]);
});

test('a sentence that is too long is cut between words, and a word between characters', () => {
  expect(cut('many words without an end here', 12, 0).every((part) => part.length <= 12)).toBe(true);
  expect(cut('many words without an end', 12, 0)[0]).toBe('many words ');
  expect(cut('😀'.repeat(10), 5, 0).every((part) => part.isWellFormed())).toBe(true);
});

test('chunks of any text cover it, have no more than their size, and repeat no more than the overlap', () => {
  const text = fc.array(fc.constantFrom('One. ', 'two words ', '三。', '😀', 'x', '\n', 'What? ', 'long '.repeat(9)), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 60 }), fc.nat(), (parts, size, more) => {
      const whole = parts.join('');
      const overlap = more % size;
      const chunks = chunksOf(whole, { size, overlap });
      let end = 0;
      for (const [place, chunk] of chunks.entries()) {
        expect(chunk.end - chunk.start).toBeLessThanOrEqual(size);
        expect(chunk.end).toBeGreaterThan(end);
        expect(chunk.start).toBeLessThanOrEqual(end);
        expect(end - chunk.start).toBeLessThanOrEqual(place === 0 ? 0 : overlap);
        end = chunk.end;
      }
      expect(end).toBe(whole.length);
    }),
  );
});
