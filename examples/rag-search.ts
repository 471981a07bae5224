// Finds the sentence that answers a question: texts, their vectors and facts about them in one file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorKVault } from 'kohakuvault';
import { DIMENSIONS, embed, type Sentence, sentences } from './support/sentences.ts';

const folder = mkdtempSync(join(tmpdir(), 'rag-search-'));
{
  using index = new VectorKVault(join(folder, 'docs.db'), {
    dimensions: DIMENSIONS,
    metric: 'cosine',
    // Facts by which searches are limited and grouped, computed of each sentence.
    fields: { file: 'str', length: 'i64', guide: 'bool' },
    fieldsOf: ({ file, text }: Sentence) => ({ file, length: text.length, guide: file.startsWith('docs/guides/') }),
  });
  // One transaction for all of them.
  const ids = index.insertMany(sentences().map((sentence) => [embed(sentence.text), sentence]));
  console.log(`${ids.length} sentences`);

  for (const question of ['what happens when the file is busy?', 'does a rollback also undo what the cache holds?']) {
    console.log(`\n${question}`);
    for (const { distance, value } of index.search(embed(question), 2)) {
      console.log(`  ${distance.toFixed(3)}  ${value.file}: ${value.text.slice(0, 90)}...`);
    }
  }

  // The nearest among those that match, not those that match among the nearest.
  const [best] = index.search(embed('bytes on disk'), { k: 1, where: { file: 'docs/format.md' } });
  console.log(`\nin docs/format.md alone: ${best?.value.text.slice(0, 60)}...`);
  const long = index.search(embed('a transaction'), { k: 3, where: { guide: true, length: { $gte: 150 } } });
  console.log(`long sentences of guides: ${long.map(({ value }) => value.file).join(', ')}`);

  // The best sentence of each file, and sentences that differ from each other.
  const files = index.search(embed('how are transactions rolled back?'), { k: 3, distinctBy: 'file' });
  console.log(`files that answer best: ${files.map(({ value }) => value.file).join(', ')}`);
  const varied = index.search(embed('how are transactions rolled back?'), { k: 3, mmr: { fetchK: 30, lambda: 0.6 } });
  console.log(`varied answers: ${varied.length}`);

  // In large tables a quantized first pass finds candidates; the distances returned are exact all the same.
  const exact = index.search(embed('transactions'), 5);
  const approximate = index.search(embed('transactions'), { k: 5, mode: 'approximate' });
  const found = approximate.filter(({ id }) => exact.some((other) => other.id === id)).length;
  console.log(`approximate search found ${found} of the 5 nearest`);

  // A changed vector is found at its new place.
  const [id] = ids;
  if (id !== undefined)
    index.update(id, { vector: embed('a most unusual zebra'), value: { file: 'here', text: 'A zebra.' } });
  console.log(`after an update: ${index.get(embed('an unusual zebra'))?.text}`);
}
rmSync(folder, { recursive: true });
