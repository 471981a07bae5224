// Answers questions from the project's documentation: split, embedded and found by words and vectors, in one file.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DocumentVault } from 'kohakuvault';
import { DIMENSIONS, embed } from './support/sentences.ts';

/** A text without words, such as the line below the head of a table, would have no direction. */
function vectorOf(text: string): Float32Array {
  const vector = embed(text);
  vector[0] = (vector[0] ?? 0) + 0.01;
  return vector;
}

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'ask-documents-'));
{
  using docs = new DocumentVault<{ title: string }>(join(folder, 'docs.db'), {
    // A model of your own comes here. It may be async.
    embed: (texts) => texts.map(vectorOf),
    dimensions: DIMENSIONS,
    model: 'words and parts of words',
    fields: { folder: 'str', bytes: 'i64' },
  });
  const files = globSync(['README.md', 'docs/**/*.md'], { cwd: root }).sort();
  await docs.add(
    files.map((id) => {
      const text = readFileSync(join(root, id), 'utf8');
      const title = /^# (.*)$/m.exec(text)?.[1] ?? id;
      return {
        id,
        text,
        value: { title },
        fields: { folder: id.split('/').slice(0, -1).join('/'), bytes: text.length },
      };
    }),
  );
  console.log(`${docs.size} documents`);

  for (const question of ['when does a search end with KV_TIMEOUT?', 'where are the values of documents stored?']) {
    const [best] = await docs.search(question, 1);
    console.log(
      `\n${question}\n  ${best?.document.value.title}: ${best?.text.replaceAll(/\s+/g, ' ').slice(0, 90)}...`,
    );
  }

  // By the fields of documents, and one chunk of each.
  const guides = await docs.search('transactions', { k: 3, where: { folder: 'docs/guides' }, distinct: true });
  console.log(
    `\nguides on transactions: ${guides.length}, ${guides.every(({ document }) => document.id.startsWith('docs/guides'))}`,
  );

  // Another model takes over when it has made all vectors.
  const short = (texts: string[]) => texts.map((text) => vectorOf(text).subarray(0, 256));
  await docs.reembed({ embed: short, dimensions: 256, model: 'the first 256 numbers' });
  console.log(`now by ${docs.model}: ${(await docs.search('busy file', 5)).length} chunks`);
}
rmSync(folder, { recursive: true });
