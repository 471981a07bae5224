import assert from 'node:assert/strict';
import { DocumentVault } from '@kohakuvault/text';
import { line } from './lines.ts';
import { type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

interface State {
  documents: Map<string, { text: string; value: unknown; year: number }>;
  model: string;
}

interface Vaults extends Opened {
  documents: DocumentVault;
}

const DIMENSIONS = 8;
/** The model: a vector tells how long a text is. */
const embed = async (texts: string[]) =>
  texts.map((text) => new Float32Array(DIMENSIONS).fill(1).fill(text.length, 0, 1));

/** A text of some chunks. */
const textOf = (number: number) => `This text has number ${number}. It has some sentences. `.repeat(1 + (number % 9));

const documentOf = (number: number) => ({ text: textOf(number), value: { number }, year: number });

const add = (...numbers: number[]): Step<Vaults, State> => ({
  name: `add ${numbers}`,
  run: ({ documents }) =>
    documents.add(
      numbers.map((number) => {
        const { text, value, year } = documentOf(number);
        return { id: `id ${number}`, text, value, fields: { year } };
      }),
    ),
  change: (state) => {
    for (const number of numbers) state.documents.set(`id ${number}`, documentOf(number));
  },
});

const update = (id: string, number: number): Step<Vaults, State> => ({
  name: `update ${id}`,
  run: async ({ documents }, state) =>
    assert.equal(
      await documents.update(id, { text: textOf(number), value: number, fields: { year: -1 } }),
      state.documents.has(id),
    ),
  change: (state) => {
    if (state.documents.has(id)) state.documents.set(id, { text: textOf(number), value: number, year: -1 });
  },
});

const remove = (id: string): Step<Vaults, State> => ({
  name: `delete ${id}`,
  run: ({ documents }, state) => assert.equal(documents.delete(id), state.documents.has(id)),
  change: (state) => state.documents.delete(id),
});

const search = (mode: 'text' | 'vector' | 'hybrid'): Step<Vaults, State> => ({
  name: `search by ${mode}`,
  run: async ({ documents }, state) => {
    const found = await documents.search('which text has some sentences?', { k: 1_000, mode, distinct: true });
    assert.deepEqual(found.map(({ document }) => document.id).sort(), [...state.documents.keys()].sort());
  },
});

const reembed = (model: string): Step<Vaults, State> => ({
  name: `reembed with ${model}`,
  run: ({ documents }) => documents.reembed({ embed, dimensions: DIMENSIONS, model }),
  change: (state) => {
    state.model = model;
  },
});

const range = (start: number, count: number) => Array.from({ length: count }, (_, at) => start + at);

const steps: Step<Vaults, State>[] = [
  add(1),
  add(...range(2, 12)),
  search('hybrid'),
  update('id 3', 107),
  update('nobody', 1),
  remove('id 4'),
  remove('nobody'),
  search('text'),
  add(...range(20, 30)),
  reembed('second'),
  search('vector'),
  add(70, 71),
  { name: 'checkpoint', run: ({ documents }) => documents.checkpoint('truncate') },
  update('id 20', 8),
  reembed('third'),
  remove('id 21'),
  search('hybrid'),
];

/** A DocumentVault: adds of one and of many, updates, deletes, other models, searches. */
export const documents: Scenario<Vaults, State> = {
  empty: { documents: new Map(), model: '' },
  copy: ({ documents, model }) => ({ documents: new Map(documents), model }),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly), ({ source, options }, keep) => ({
      documents: keep(
        new DocumentVault(source, { ...options, embed, dimensions: DIMENSIONS, chunk: { size: 120, overlap: 30 } }),
      ),
    })),
  close: ({ closeAll }) => closeAll(),
  database: (vaults) => vaults.documents.database,
  steps,
  see({ documents }) {
    const { database } = documents;
    const found = documents.ids().map((id) => {
      const { text, value, fields } = documents.get(id) as NonNullable<ReturnType<DocumentVault['get']>>;
      return `${id}: ${line(text)} ${line(value)} ${fields.year}`;
    });
    assert.equal(documents.size, found.length, 'the size is not the number of documents');
    const row = database.prepare('SELECT number, model FROM documents_models WHERE ready').get() as {
      number: number;
      model: string;
    };
    const vectors = row.number === 1 ? 'documents_vectors' : `documents_vectors_${row.number}`;
    const count = (from: string) => database.prepare(`SELECT count(*) FROM ${from}`).pluck().get();
    const chunks = count('documents_chunks');
    assert.equal(count('documents_text_content JOIN documents_chunks USING (id)'), chunks, 'chunks without texts');
    assert.equal(
      count(`${vectors}_rowids JOIN documents_chunks ON vector = ${vectors}_rowids.rowid`),
      chunks,
      'vectors',
    );
    return [...found, `model ${row.model}`];
  },
  show: ({ documents, model }) => [
    ...[...documents].map(([id, { text, value, year }]) => `${id}: ${line(text)} ${line(value)} ${year}`),
    `model ${model}`,
  ],
};
