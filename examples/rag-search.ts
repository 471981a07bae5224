// Finds the sentence that answers a question: texts, their vectors and facts about them in one file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorKVault } from 'kohakuvault';
import { DIMENSIONS, embed, type Sentence, sentences } from './support/sentences.ts';

const folder = mkdtempSync(join(tmpdir(), 'rag-search-'));
{
  using docs = new VectorKVault(join(folder, 'docs.db'), {
    dimensions: DIMENSIONS,
    metric: 'cosine',
    // Facts by which searches are limited and grouped, computed of each sentence.
    fields: { file: 'str', length: 'i64', guide: 'bool' },
    fieldsOf: ({ file, text }: Sentence) => ({ file, length: text.length, guide: file.startsWith('docs/guides/') }),
  });
  // One transaction for all of them.
  const ids = docs.insertMany(sentences().map((sentence) => [embed(sentence.text), sentence]));
  console.log(`${ids.length} sentences`);

  for (const question of ['what happens when the file is busy?', 'does a rollback also undo what the cache holds?']) {
    console.log(`\n${question}`);
    for (const { distance, value } of docs.search(embed(question), 2)) {
      console.log(`  ${distance.toFixed(3)}  ${value.file}: ${value.text.slice(0, 90)}...`);
    }
  }

  // The nearest among those that match, not those that match among the nearest.
  const [best] = docs.search(embed('bytes on disk'), { k: 1, where: { file: 'docs/format.md' } });
  console.log(`\nin docs/format.md alone: ${best?.value.text.slice(0, 60)}...`);
  const long = docs.search(embed('a transaction'), { k: 3, where: { guide: true, length: { $gte: 150 } } });
  console.log(`long sentences of guides: ${long.map(({ value }) => value.file).join(', ')}`);

  // The best sentence of each file, and sentences that differ from each other.
  const files = docs.search(embed('how are transactions rolled back?'), { k: 3, distinctBy: 'file' });
  console.log(`files that answer best: ${files.map(({ value }) => value.file).join(', ')}`);
  const varied = docs.search(embed('how are transactions rolled back?'), { k: 3, mmr: { fetchK: 30, lambda: 0.6 } });
  console.log(`varied answers: ${varied.length}`);

  // In large tables an index finds candidates; the distances returned are exact all the same. It is part of the file, so
  // a new process answers at once, and it follows every write.
  docs.createIndex();
  const transactions = embed('transactions');
  for (const where of [{}, { guide: true }]) {
    const exact = docs.search(transactions, { k: 5, where });
    const approximate = docs.search(transactions, { k: 5, where, mode: 'approximate' });
    const found = approximate.filter(({ id }) => exact.some((other) => other.id === id)).length;
    console.log(`the index found ${found} of the 5 nearest${where.guide ? ' in guides' : ''}`);
  }
  const groups = docs.search(embed('a write fails'), { k: 3, mode: 'approximate', distinctBy: 'file' });
  console.log(`files by the index of ${docs.info().index?.lists} lists: ${groups.length}`);

  // A changed vector is found at its new place.
  const [id] = ids;
  if (id !== undefined)
    docs.update(id, { vector: embed('a most unusual zebra'), value: { file: 'here', text: 'A zebra.' } });
  const [changed] = docs.search(embed('an unusual zebra'), { k: 1, mode: 'approximate' });
  console.log(`after an update: ${changed?.value.text}`);
}
rmSync(folder, { recursive: true });
