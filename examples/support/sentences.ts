// Test data for searches: the sentences of this project's documentation, and vectors made of them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The number of elements of a vector. */
export const DIMENSIONS = 512;

/**
 * Counts the words of a text and their groups of four letters into a vector, each at the place of its hash. Texts that
 * share words, or parts of words, are near each other. It knows nothing about meaning: for that, use the embeddings of
 * a model.
 */
export function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  // Without a word it would have no direction.
  vector[0] = 0.01;
  const count = (feature: string, weight: number) => {
    let hash = 2166136261;
    for (let index = 0; index < feature.length; index++) hash = Math.imul(hash ^ feature.charCodeAt(index), 16777619);
    const place = (hash >>> 1) % DIMENSIONS;
    vector[place] = (vector[place] as number) + (hash & 1 ? weight : -weight);
  };
  for (const word of text.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? []) {
    // Short words are in every sentence.
    const weight = word.length < 4 ? 0.2 : 1;
    count(word, weight);
    for (let at = 0; at + 4 <= word.length; at++) count(`part ${word.slice(at, at + 4)}`, weight / 2);
  }
  return vector;
}

export interface Sentence {
  file: string;
  text: string;
}

export function sentences(): Sentence[] {
  const root = join(import.meta.dirname, '../..');
  return globSync(['README.md', 'docs/**/*.md'], { cwd: root })
    .sort()
    .flatMap((file) => {
      const prose = readFileSync(join(root, file), 'utf8')
        .replaceAll(/^```.*?^```$/gms, '')
        .replaceAll(/^[|#].*$/gm, '');
      const found = prose.split(/\n\s*\n|(?<=[.:]) /).map((text) => text.replaceAll(/\s+/g, ' ').trim());
      return found.filter((text) => text.length > 40).map((text) => ({ file, text }));
    });
}
