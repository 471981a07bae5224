// A part of the tour: the sentences of this project's own documentation, found by their likeness to a question.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';

const DIMENSIONS = 512;

/**
 * Counts the words of a text and their groups of four letters into a vector, each where its hash says. Texts that share words, or
 * parts of them, come near each other. It knows nothing of meaning: for that, take the embeddings of a model.
 */
function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
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

function sentences(): { file: string; text: string }[] {
  const root = join(import.meta.dirname, '..');
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

export function searchSentences(vault: KVault): void {
  using index = new VectorKVault<{ file: string; text: string }>(vault, { dimensions: DIMENSIONS });
  const all = sentences();
  index.insertMany(all.map((sentence) => [embed(sentence.text), sentence]));
  console.log(`${index.size} sentences are in the file now`);
  for (const question of [
    'what happens when another process writes to the file?',
    'how fast are ordered maps of strings?',
  ]) {
    const [best] = index.search(embed(question), 1);
    console.log(`\n${question}\n  ${best?.distance.toFixed(2)}  ${best?.value.file}: ${best?.value.text}`);
    const [guide] = index.search(embed(question), { k: 1, filter: (_, { file }) => file.startsWith('docs/guides/') });
    console.log(`  in the guides: ${guide?.value.file}: ${guide?.value.text}`);
  }
}
