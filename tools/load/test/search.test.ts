// The document search in real processes: vectors, values and the service's own rows change together, or not at all.
import Database from 'better-sqlite3';
import { VectorKVault } from 'kohakuvault';
import { expect, onTestFinished, test } from 'vitest';
import { DIMENSIONS } from '../../../examples/support/sentences.ts';
import { tempFile } from '../../testing/src/temp.ts';
import { Child } from '../src/common/child.ts';
import { send } from '../src/common/http.ts';
import type { Way } from '../src/search/app.ts';
import { PROGRAM, replaceDocument } from '../src/search/load.ts';
import { PASSAGES, passagesOf } from '../src/search/passages.ts';
import { Acknowledgements } from './acknowledgements.ts';

const DOCUMENTS = 20;

interface Found {
  document: string;
  version: number;
  text: string;
}

function start(file: string, way: Way): Child {
  const child = new Child(PROGRAM, [file, way]);
  onTestFinished(() => child.kill());
  return child;
}

async function search(port: number, text: string): Promise<Found[]> {
  const { body } = await send(port, `/search?q=${encodeURIComponent(text)}`);
  return JSON.parse(String(body));
}

test.each<Way>(['search', 'searchAsync'])('%s finds what another process has replaced', async (way) => {
  const file = tempFile();
  const [first, second] = await Promise.all(
    [start(file, way), start(file, way)].map((each) => each.next<number>('port')),
  );
  if (first === undefined || second === undefined) throw new Error('two ports were expected');
  for (let document = 0; document < DOCUMENTS; document++) await replaceDocument(first, document, 0);
  for (let version = 1; version < 6; version++) {
    const [old = ''] = passagesOf(3, version - 1);
    const [text = ''] = passagesOf(3, version);
    expect((await search(second, old))[0]?.text).toBe(old);
    await replaceDocument(first, 3, version);
    const found = await Promise.all(Array.from({ length: 20 }, () => search(second, text)));
    for (const [nearest] of found) expect(nearest).toMatchObject({ document: '3', version: version + 1, text });
    expect((await search(second, old)).map((each) => each.text)).not.toContain(old);
  }
});

/** What clients know of a server that ended while they replaced documents: versions by document. */
interface Known {
  started: number[];
  acknowledged: number[];
}

async function replaceUntil(child: Child, acknowledgements: number, end: () => Promise<void>): Promise<Known> {
  const port = await child.next<number>('port');
  const known = { started: Array<number>(DOCUMENTS).fill(0), acknowledged: Array<number>(DOCUMENTS).fill(0) };
  const counted = new Acknowledgements(acknowledgements);
  // Each client has documents of its own, so the versions of a document come one after the other.
  const clients = [0, 1, 2, 3].map(async (client) => {
    for (let turn = 0; ; turn++) {
      const document = client * 5 + (turn % 5);
      const version = (known.started[document] ?? 0) + 1;
      known.started[document] = version;
      const gone = await replaceDocument(port, document, version).then(
        () => false,
        () => true,
      );
      if (gone) return;
      known.acknowledged[document] = version;
      counted.add();
    }
  });
  await counted.enough;
  await end();
  await Promise.all(clients);
  return known;
}

/** Checks that each document has one version, whole, not older than what was acknowledged, in vectors and own rows. */
function expectKept(file: string, { started, acknowledged }: Known): void {
  using vault = new VectorKVault<Found>(file, { dimensions: DIMENSIONS });
  const texts = new Map<string, string[]>();
  for (const [, , value] of vault) {
    const key = `${value.document}@${value.version}`;
    texts.set(key, [...(texts.get(key) ?? []), value.text]);
  }
  const rows = vault.database.prepare<[], { name: string; version: number }>('SELECT * FROM documents').all();
  expect(texts.size).toBe(rows.length);
  for (const { name, version } of rows) {
    expect(texts.get(`${name}@${version}`)).toEqual(passagesOf(Number(name), version));
    expect(version).toBeGreaterThanOrEqual(acknowledged[Number(name)] ?? 0);
    expect(version).toBeLessThanOrEqual(started[Number(name)] ?? 0);
  }
  expect(rows.length).toBeGreaterThanOrEqual(acknowledged.filter((version) => version > 0).length);
  const ids = vault.database.prepare<[], bigint>('SELECT id FROM passages ORDER BY id').pluck().safeIntegers().all();
  expect(ids).toEqual(Array.from(vault, ([id]) => id));
  expect(ids.length).toBe(rows.length * PASSAGES);
}

test.each(['kill', 'stop'] as const)('%s amid replacements: what was acknowledged is there, whole', async (way) => {
  const file = tempFile();
  const child = start(file, 'search');
  const known = await replaceUntil(child, 60, () => child[way]());
  expectKept(file, known);
  const database = new Database(file);
  onTestFinished(() => void database.close());
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
});
