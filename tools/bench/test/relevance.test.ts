// How well searches answer questions: the sections of the documentation that fastify ships are the documents, and their
// headings are the questions. The heading is not in the document.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hybridSearch, TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { expect, test } from 'vitest';
import { DIMENSIONS, embed } from '../../../examples/support/sentences.ts';

const DOCS = join(dirname(createRequire(import.meta.url).resolve('fastify/package.json')), 'docs');
/** Shorter sections have nothing but code or a link. */
const SHORTEST = 200;
const K = 10;

interface Section {
  readonly question: string;
  readonly text: string;
  readonly file: string;
}

function sections(): Section[] {
  const files = ['Guides', 'Reference'].flatMap((folder) =>
    readdirSync(join(DOCS, folder)).map((name) => join(folder, name)),
  );
  return files.sort().flatMap((file) => {
    const parts = readFileSync(join(DOCS, file), 'utf8').split(/^#{2,4} +(.*)$/m);
    return Array.from({ length: (parts.length - 1) >> 1 }, (_, nth) => ({
      file,
      question: plain(parts[nth * 2 + 1] ?? ''),
      text: plain(parts[nth * 2 + 2] ?? ''),
    })).filter(({ question, text }) => text.length >= SHORTEST && /[a-z]{3}/i.test(question));
  });
}

/** Returns Markdown without links and tags. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/**
 * Returns the nDCG@10 of a search: 1 if the section of each heading comes first. Other sections of its file are worth a
 * tenth.
 */
function ndcg(all: readonly Section[], search: (question: string) => readonly number[]): number {
  const gains = all.map((section, wanted) => {
    const worth = (found: number) => (found === wanted ? 1 : all[found]?.file === section.file ? 0.1 : 0);
    const discounted = (worths: readonly number[]) =>
      worths.slice(0, K).reduce((sum, value, place) => sum + value / Math.log2(place + 2), 0);
    const ideal = all.map((_, found) => worth(found)).toSorted((one, other) => other - one);
    return discounted(search(section.question).map(worth)) / discounted(ideal);
  });
  return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

test('nDCG@10 of text, vector and hybrid search', () => {
  const all = sections();
  expect(all.length).toBeGreaterThan(200);
  using text = new TextVault<number>(':memory:', { tokenizer: 'porter' });
  using vector = new VectorKVault<number>(text, { dimensions: DIMENSIONS });
  text.insertMany(all.map((section, number) => [section.text, number]));
  vector.insertMany(all.map((section, number) => [embed(section.text), number]));
  const byText = ndcg(all, (question) => text.search(question, { k: K, match: 'any' }).map(({ value }) => value));
  const byVector = ndcg(all, (question) => vector.search(embed(question), K).map(({ value }) => value));
  const byBoth = ndcg(all, (query) =>
    hybridSearch({ text, vector }, { query, embedding: embed(query), k: K }).map(({ value }) => value),
  );
  console.log(
    `nDCG@10 of ${all.length} headings: text ${byText.toFixed(3)}, vector ${byVector.toFixed(3)}, hybrid ${byBoth.toFixed(3)}`,
  );
  // Measured: 0.475, 0.413, 0.484. The vectors know words and parts of words, and no meaning.
  expect(byText).toBeGreaterThan(0.45);
  expect(byVector).toBeGreaterThan(0.39);
  expect(byBoth).toBeGreaterThan(Math.max(byText, 0.46));
});
