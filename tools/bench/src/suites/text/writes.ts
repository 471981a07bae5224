import { join } from 'node:path';
import { TextVault } from '@kohakuvault/text';
import { openBare } from '../../peers/better-sqlite3.ts';
import { python } from '../../peers/python.ts';
import type { Case, Context } from '../../suite.ts';
import { documentsOf, sentencesOf } from './contents.ts';

const MANY = 50_000;
const QUICK = 5_000;

function documentsFor({ fixtures, quick }: Context): string[] {
  return [...documentsOf(sentencesOf(fixtures), quick ? QUICK : MANY, 3)];
}

async function bareTables(folder: string) {
  const database = await openBare(join(folder, 'bare.db'));
  database.exec(
    `CREATE VIRTUAL TABLE t USING fts5(content, value_ref UNINDEXED);
     CREATE TABLE t_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)`,
  );
  return database;
}

export const writeCases: Case[] = [
  {
    name: 'insertMany of 50,000, per document',
    unit: 'ns',
    note:
      'ours stores an object with each text, which it encodes. FTS5 stores the bytes of a value in a table beside, or ' +
      'texts alone. All use one transaction.',
    budgets: [{ against: 'FTS5 and values', atLeast: 0.9 }],
    contenders: {
      kohakuvault: async (context) => {
        const documents = documentsFor(context);
        const vault = new TextVault(join(context.folder, 'ours.db'));
        const rows = documents.map((text, number) => [text, { number }] as const);
        return (await context.once(() => vault.insertMany(rows).length)) / documents.length;
      },
      'FTS5 and values': async (context) => {
        const documents = documentsFor(context);
        const database = await bareTables(context.folder);
        const value = database.prepare('INSERT INTO t_values (value) VALUES (?)');
        const text = database.prepare('INSERT INTO t (content, value_ref) VALUES (?, ?)');
        const bytes = Buffer.alloc(20);
        const all = database.transaction(() => {
          for (const document of documents) text.run(document, BigInt(value.run(bytes).lastInsertRowid));
          return documents.length;
        });
        return (await context.once(() => all())) / documents.length;
      },
      'FTS5 alone': async (context) => {
        const documents = documentsFor(context);
        const database = await bareTables(context.folder);
        const text = database.prepare('INSERT INTO t (content, value_ref) VALUES (?, 1)');
        const all = database.transaction(() => {
          for (const document of documents) text.run(document);
          return documents.length;
        });
        return (await context.once(() => all())) / documents.length;
      },
      Python: (context) =>
        python(
          context,
          `
from kohakuvault import TextVault
import json
documents = json.load(open(${JSON.stringify(join(context.fixtures, 'sentences.json'))}))[:1000]
vault = TextVault("python.db")
start = time.perf_counter_ns()
if hasattr(vault, "insert_many"): vault.insert_many([(text, {"number": number}) for number, text in enumerate(documents)])
else:
    for number, text in enumerate(documents): vault.insert(text, {"number": number})
print((time.perf_counter_ns() - start) / len(documents))
`,
        ),
    },
  },
  {
    name: 'insert, each a transaction',
    unit: 'ns',
    contenders: {
      kohakuvault: (context) => {
        const documents = documentsFor(context);
        const vault = new TextVault(join(context.folder, 'ours.db'));
        return context.perOperation((turn) =>
          Number(vault.insert(documents[turn % documents.length] as string, { turn })),
        );
      },
      FTS5: async (context) => {
        const documents = documentsFor(context);
        const database = await bareTables(context.folder);
        const value = database.prepare('INSERT INTO t_values (value) VALUES (?)');
        const text = database.prepare('INSERT INTO t (content, value_ref) VALUES (?, ?)');
        const bytes = Buffer.alloc(20);
        const insert = database.transaction((document: string) =>
          Number(text.run(document, BigInt(value.run(bytes).lastInsertRowid)).lastInsertRowid),
        );
        return context.perOperation((turn) => insert(documents[turn % documents.length] as string));
      },
    },
  },
];
