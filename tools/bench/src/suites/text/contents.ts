import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextVault } from '@kohakuvault/text';
import { randomNumbers } from '../../random.ts';

export const DOCUMENTS = 200_000;
const QUICK_DOCUMENTS = 20_000;
const QUERIES = 200;
/** Sentences of more or fewer characters are headings, code or tables. */
const SHORTEST = 30;
const LONGEST = 300;

/** The kinds of queries. Each is made of the words of the documents. */
export const KINDS = ['rare', 'frequent', 'two', 'phrase', 'prefix'] as const;
export type Kind = (typeof KINDS)[number];

export function fileOf(fixtures: string): string {
  return join(fixtures, 'texts.db');
}

/** Returns the sentences of the manuals and licenses of the installed packages. */
function sentences(): string[] {
  const root = join(import.meta.dirname, '../../../../..');
  const files = globSync('node_modules/.pnpm/*/node_modules/**/{README,LICENSE,CHANGELOG,readme}*', {
    cwd: root,
    exclude: (name) => name === '.cache',
  });
  const found = new Set<string>();
  for (const file of files.sort()) {
    let text: string;
    try {
      text = readFileSync(join(root, file), 'utf8');
    } catch {
      continue;
    }
    for (const [sentence] of text.replaceAll(/\s+/g, ' ').matchAll(/[A-Z][^.!?]*[.!?]/g)) {
      if (sentence.length >= SHORTEST && sentence.length <= LONGEST) found.add(sentence);
    }
  }
  return [...found];
}

/** Makes documents of one to three sentences each. */
export function* documentsOf(all: readonly string[], count: number, seed: number): Generator<string> {
  const random = randomNumbers(seed);
  for (let number = 0; number < count; number++) {
    const length = 1 + Math.floor(random() * 3);
    yield Array.from({ length }, () => all[Math.floor(random() * all.length)]).join(' ');
  }
}

export function makeFixtures(fixtures: string, quick: boolean): void {
  const all = sentences();
  writeFileSync(join(fixtures, 'sentences.json'), JSON.stringify(all));
  const documents = [...documentsOf(all, quick ? QUICK_DOCUMENTS : DOCUMENTS, 1)];
  using vault = new TextVault(fileOf(fixtures));
  vault.insertMany(documents.map((text, number) => [text, { number }]));
  vault.merge();
  vault.checkpoint('truncate');
  writeFileSync(join(fixtures, 'queries.json'), JSON.stringify(makeQueries(documents)));
}

function makeQueries(documents: readonly string[]): Record<Kind, string[]> {
  const counts = new Map<string, number>();
  const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]{2,}/g) ?? [];
  for (const text of documents)
    for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  const byCount = [...counts].sort((one, other) => other[1] - one[1]).map(([word]) => word);
  const random = randomNumbers(2);
  const pick = <Item>(list: readonly Item[]) => list[Math.floor(random() * list.length)] as Item;
  const make = (query: () => string) => Array.from({ length: QUERIES }, query);
  const within = (least: number, most: number) =>
    byCount.filter((word) => (counts.get(word) ?? 0) >= least && (counts.get(word) ?? 0) <= most);
  const rare = within(2, documents.length / 2_000);
  const medium = within(documents.length / 1_000, documents.length / 50);
  return {
    rare: make(() => pick(rare)),
    frequent: make(() => pick(byCount.slice(0, 50))),
    two: make(() => `${pick(medium)} ${pick(byCount.slice(0, 200))}`),
    phrase: make(() => {
      const words = wordsOf(pick(documents));
      const start = Math.floor(random() * Math.max(1, words.length - 2));
      return words.slice(start, start + 2).join(' ');
    }),
    prefix: make(() => pick(medium).slice(0, 4)),
  };
}

export function sentencesOf(fixtures: string): string[] {
  return JSON.parse(readFileSync(join(fixtures, 'sentences.json'), 'utf8'));
}

export function queriesOf(fixtures: string, kind: Kind): string[] {
  return JSON.parse(readFileSync(join(fixtures, 'queries.json'), 'utf8'))[kind];
}
