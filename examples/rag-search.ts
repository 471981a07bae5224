// Finding the passage that answers a question: snippets, their vectors and what is known of them in one file.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorKVault } from 'kohakuvault';

const DIMENSIONS = 512;

/**
 * Stands for an embedding model, which would be a download: counts words and their three-letter parts by hash, rarer ones
 * weighing more. It knows no meaning, only spelling; the search does not care where vectors come from.
 */
function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of text.toLowerCase().match(/\p{L}{3,}/gu) ?? []) {
    add(word, Math.min(word.length, 10));
    for (let i = 0; i + 3 <= word.length; i++) add(word.slice(i, i + 3), 1);
  }
  return vector;

  function add(part: string, weight: number): void {
    let hash = 2_166_136_261;
    for (const letter of part) hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 16_777_619);
    const at = (hash >>> 0) % DIMENSIONS;
    vector[at] = (vector[at] as number) + weight;
  }
}

interface Snippet {
  text: string;
  document: string;
}

/** The paragraphs of this project's own documentation. */
function snippets(): Snippet[] {
  const root = join(import.meta.dirname, '..');
  return globSync('{README.md,docs/**/*.md}', { cwd: root })
    .sort()
    .flatMap((document) =>
      readFileSync(join(root, document), 'utf8')
        .replaceAll(/```.*?```/gs, '')
        .split(/\n{2,}/)
        .map((text) => text.replaceAll(/\s+/g, ' ').trim())
        .filter((text) => text.length > 80 && !text.startsWith('|'))
        .map((text) => ({ text, document })),
    );
}

const folder = mkdtempSync(join(tmpdir(), 'rag-search-'));
{
  using index = new VectorKVault<Snippet>(join(folder, 'docs.db'), { dimensions: DIMENSIONS, metric: 'cosine' });
  const ids = index.insertMany(snippets().map((snippet) => [embed(snippet.text), snippet]));
  console.log(`${ids.length} snippets`);

  for (const question of ['what happens when the file is busy?', 'does a rollback also undo what the cache holds?']) {
    console.log(`\n${question}`);
    for (const { distance, value } of index.search(embed(question), 2)) {
      console.log(`  ${distance.toFixed(3)}  ${value.document}: ${value.text.slice(0, 90)}...`);
    }
  }

  // The nearest among some, not some among the nearest.
  const [best] = index.search(embed('bytes on disk'), {
    k: 1,
    filter: (_id, { document }) => document === 'docs/format.md',
  });
  console.log(`\nin docs/format.md alone: ${best?.value.text.slice(0, 60)}...`);

  // In long collections a quantised first pass finds the candidates; what it returns is exact all the same.
  const exact = index.search(embed('transactions'), 5);
  const approximate = index.search(embed('transactions'), { k: 5, mode: 'approximate' });
  const found = approximate.filter(({ id }) => exact.some((other) => other.id === id)).length;
  console.log(`approximate search found ${found} of the 5 nearest`);
}
rmSync(folder, { recursive: true });
