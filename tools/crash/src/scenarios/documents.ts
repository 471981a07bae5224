import assert from 'node:assert/strict';
import { InvalidArgument } from '@kohakuvault/core-native';
import { DocumentVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import type { Random } from '../../../testing/src/random.ts';
import type { Carrier, Scenario, Stored } from './scenario.ts';

interface Document {
  text: string;
  value: unknown;
  year: number;
}

interface New extends Document {
  id: string;
}

type Operation =
  | { kind: 'add'; documents: New[] }
  | { kind: 'update'; id: string; text?: string; value?: unknown; year?: number }
  | { kind: 'delete'; id: string }
  /** The model that takes over: its vectors have so many elements. */
  | { kind: 'reembed'; dimensions: number }
  | { kind: 'search' };

interface State {
  documents: Map<string, Document>;
  dimensions: number;
}

const FIRST_DIMENSIONS = 8;
const IDS = 60;
/** Each text has this word, so that a search finds all. */
const COMMON = 'common';

/** The model: its vectors tell how long a text is. */
function embedWith(dimensions: number): (texts: string[]) => Promise<Float32Array[]> {
  return async (texts) => texts.map((text) => new Float32Array(dimensions).fill(1).fill(text.length, 0, 1));
}

function* operations(random: Random): Generator<Operation, never> {
  const id = () => `id ${random.below(IDS)}`;
  const text = () => {
    const words = random.oneIn(10) ? 600 : 40;
    return random.list(1, words, () => `${COMMON} word${random.below(500)}.`).join(' ');
  };
  const document = (): New => ({ id: id(), text: text(), value: random.below(2 ** 31), year: random.below(50) });
  for (;;) {
    const kind = random.below(100);
    if (kind < 45) {
      const documents = random.list(1, 4, document);
      yield {
        kind: 'add',
        documents: documents.filter((one, at) => documents.findIndex((o) => o.id === one.id) === at),
      };
    } else if (kind < 70) {
      const { text, value, year } = document();
      const which = random.below(3);
      yield {
        kind: 'update',
        id: id(),
        ...(which !== 0 && { text }),
        ...(which !== 1 && { value }),
        ...(which !== 2 && { year }),
      };
    } else if (kind < 90) yield { kind: 'delete', id: id() };
    else if (kind < 94) yield { kind: 'reembed', dimensions: random.pick([6, 8, 10]) };
    else yield { kind: 'search' };
  }
}

/** Opens the vault with the model that the file says. */
function open(file: string): DocumentVault {
  const dimensions = dimensionsOf(file);
  return new DocumentVault(file, {
    embed: embedWith(dimensions),
    dimensions,
    chunk: { size: 200, overlap: 40 },
    fields: { year: 'i64' },
  });
}

function dimensionsOf(file: string): number {
  const database = new Database(file);
  try {
    const tables = database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'documents_models'").pluck();
    if (tables.get() === 0) return FIRST_DIMENSIONS;
    return database.prepare('SELECT dimensions FROM documents_models WHERE ready').pluck().get() as number;
  } finally {
    database.close();
  }
}

class Writer implements Carrier<Operation> {
  readonly #vault: DocumentVault;

  constructor(file: string) {
    this.#vault = open(file);
  }

  async carryOut(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'add':
        try {
          await this.#vault.add(
            operation.documents.map(({ id, text, value, year }) => ({ id, text, value, fields: { year } })),
          );
        } catch (error) {
          // One of the ids is not new.
          if (!(error instanceof InvalidArgument)) throw error;
        }
        break;
      case 'update': {
        const { id, text, value, year } = operation;
        await this.#vault.update(id, {
          ...(text !== undefined && { text }),
          ...(value !== undefined && { value }),
          ...(year !== undefined && { fields: { year } }),
        });
        break;
      }
      case 'delete':
        this.#vault.delete(operation.id);
        break;
      case 'reembed': {
        const { dimensions } = operation;
        await this.#vault.reembed({ embed: embedWith(dimensions), dimensions, model: '' });
        break;
      }
      default:
        await this.#vault.search(`which ${COMMON} word`, 5);
    }
  }
}

class Model implements Carrier<Operation>, Stored<State> {
  #documents: Map<string, Document>;
  #dimensions: number;

  constructor({ documents, dimensions }: State) {
    this.#documents = new Map(documents);
    this.#dimensions = dimensions;
  }

  stored(): State {
    return { documents: new Map(this.#documents), dimensions: this.#dimensions };
  }

  carryOut(operation: Operation): void {
    switch (operation.kind) {
      case 'add': {
        const { documents } = operation;
        if (documents.some(({ id }) => this.#documents.has(id))) return;
        for (const { id, ...document } of documents) this.#documents.set(id, document);
        break;
      }
      case 'update': {
        const { id, kind: _, ...changes } = operation;
        const document = this.#documents.get(id);
        if (document) this.#documents.set(id, { ...document, ...changes });
        break;
      }
      case 'delete':
        this.#documents.delete(operation.id);
        break;
      case 'reembed':
        this.#dimensions = operation.dimensions;
    }
  }
}

function read(file: string): State {
  using vault = open(file);
  const documents = new Map<string, Document>();
  for (const id of vault.ids()) {
    const { text, value, fields } = vault.get(id) as NonNullable<ReturnType<DocumentVault['get']>>;
    documents.set(id, { text, value, year: Number(fields.year) });
  }
  const { database } = vault;
  const count = (from: string) => database.prepare(`SELECT count(*) FROM ${from}`).pluck().get();
  const { number, dimensions } = database
    .prepare('SELECT number, dimensions FROM documents_models WHERE ready')
    .get() as { number: number; dimensions: number };
  const vectors = number === 1 ? 'documents_vectors' : `documents_vectors_${number}`;
  // Each chunk has a document, a text and a vector of the model, and nothing has none.
  const chunks = count('documents_chunks');
  assert.equal(count('documents_chunks JOIN documents ON number = document'), chunks);
  for (const [table, column, id] of [
    ['documents_text_content', 'id', 'id'],
    [`${vectors}_rowids`, 'vector', 'rowid'],
  ] as const) {
    assert.equal(count(table), chunks, table);
    assert.equal(
      count(`documents_chunks AS chunk JOIN ${table} AS other ON other.${id} = chunk.${column}`),
      chunks,
      table,
    );
  }
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  return { documents, dimensions };
}

/** A DocumentVault: adds of one and of many, also of known ids, updates, deletes, other models, searches. */
export const documents: Scenario<Operation, State> = {
  operations,
  openWriter: (file) => new Writer(file),
  model: (before) => new Model(before),
  read,
};
