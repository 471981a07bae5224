// `kohakuvault copy` of documents between a file and a server with pgvector.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@kohakuvault/postgres';
import { DocumentVault, TextVault } from '@kohakuvault/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aServer, hasServer, stopServer } from '../../../postgres/test/support/places.ts';
import { embedWith } from '../../../text/test/support/embed.ts';
import { jsonHere, runHere } from '../support/in-process.ts';

interface Copied {
  vectors: unknown[];
  texts: { table: string; count: number }[];
  documents: { table: string; count: number; sha256: string }[];
}

const OPTIONS = { embed: embedWith(8), dimensions: 8, model: 'eight', chunk: { size: 30, overlap: 10 } };
const LOCAL = { ...OPTIONS, table: 'docs' };
const QUESTION = 'who waits for the river?';

describe.runIf(hasServer && process.env.KOHAKUVAULT_PGVECTOR)('copy of documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-copy-'));
  const file = join(folder, 'source.db');
  const back = join(folder, 'back.db');
  let url: string;
  let schema: string;
  let dropSchema: () => Promise<void>;

  beforeAll(async () => {
    ({ url, schema, dropSchema } = await aServer());
    using vault = new DocumentVault(file, LOCAL);
    await vault.add([
      { id: 'locks', text: 'A writer takes the lock. Others wait. 😀 Readers never do.', value: { a: 1 } },
      { id: 'fish', text: 'Salmon swim up the river. They lay eggs there.', fields: { year: 2019, big: 2n ** 60n } },
      ...Array.from({ length: 2_500 }, (_, n) => ({ id: `n${n}`, text: `The number ${n} is ${n % 7}.`, value: n })),
    ]);
    // Half of a new model's vectors, which are not copied.
    const reembedded = vault.reembed({
      embed: (texts) => (texts.includes('x') ? [] : Promise.reject(new Error('enough'))),
      dimensions: 3,
      model: 'three',
    });
    await expect(reembedded).rejects.toThrow('enough');
    using texts = new TextVault(vault, { table: 'beside_text' });
    texts.insert('a text that belongs to no document');
  });
  afterAll(async () => {
    await dropSchema();
    await stopServer();
    rmSync(folder, { recursive: true });
  });

  const copy = (from: string, to: string, ...words: string[]) =>
    jsonHere<Copied>(['copy', from, to, '--schema', schema, ...words]);

  test('brings them to a server, and back into a file, with all they have', async () => {
    const shown = await runHere(['copy', file, url, '--schema', schema, '--partitions', '4']);
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/docs {2}2,502 documents {2}sha256 /)]);
    expect(shown.stderr).not.toContain('not copied');
    await using store = await connect(url, { schema });
    expect((await store.vaults()).map(({ name, kind, partitions }) => [name, kind, partitions])).toEqual([
      ['beside_text', 'texts', 4],
      ['docs', 'documents', 4],
    ]);
    const copied = await copy(url, back);
    expect(copied).toMatchObject({ vectors: [], texts: [{ table: 'beside_text' }], documents: [{ count: 2_502 }] });
    using source = new DocumentVault(file, LOCAL);
    using after = new DocumentVault(back, LOCAL);
    const there = await store.documents('docs', OPTIONS);
    expect([after.ids(), await there.ids()]).toEqual([source.ids(), source.ids()]);
    for (const id of ['locks', 'fish', 'n7'])
      expect([after.get(id), await there.get(id)], id).toEqual([source.get(id), source.get(id)]);
    const found = await source.search(QUESTION, { k: 4 });
    expect(await after.search(QUESTION, { k: 4 })).toEqual(found);
    expect((await there.search(QUESTION, { k: 4 })).map(({ text, start }) => [text, start])).toEqual(
      found.map(({ text, start }) => [text, start]),
    );
  });

  test('brings a copy up to date', async () => {
    using source = new DocumentVault(file, LOCAL);
    await source.update('locks', { text: 'Nobody waits.', fields: { year: 2030 } });
    await source.update('n1', { value: 'other' });
    source.delete('fish');
    await source.add({ id: 'late', text: 'One more.' });
    const refused = await runHere(['copy', file, url, '--schema', schema]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--update makes them the same')]);
    const first = await copy(file, url, '--update');
    expect(await copy(url, back, '--update')).toMatchObject({ documents: first.documents });
    using after = new DocumentVault(back, LOCAL);
    expect(after.ids()).toEqual(source.ids());
    for (const id of ['locks', 'n1', 'late', 'fish']) expect(after.get(id), id).toEqual(source.get(id));
  });

  test('refuses to mix the vectors of two models, and says what to do', async () => {
    const other = join(folder, 'other.db');
    {
      using vault = new DocumentVault(other, { ...LOCAL, embed: embedWith(3), dimensions: 3, model: 'three' });
      await vault.add({ id: 'a', text: 'x' });
    }
    const refused = await runHere(['copy', other, url, '--schema', schema, '--update']);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/"three".*made with "eight".*reembed/s),
    ]);
    await using store = await connect(url, { schema });
    expect(await (await store.documents('docs', OPTIONS)).size()).toBe(2_502);
  });
});
