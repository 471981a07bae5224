// Measures what one call costs the processor of a PostgreSQL server and of its client, and what things take on disk. The
// model of many nodes in docs/design/postgres-capacity.md is made of these numbers.
import { readFileSync } from 'node:fs';
import { connect, type Store } from '@kohakuvault/postgres';
import { findServer, LocalServer } from '../../../packages/postgres/test/support/local-server.ts';
import { randomNumbers } from './random.ts';

/** Linux counts the time of processes in hundredths of a second. */
const TICK_MS = 10;
const ENTRIES = 100_000;
const VALUE = Buffer.alloc(100, 7);

const programs = findServer();
if (programs === undefined) throw new Error('there is no PostgreSQL 15 or newer in /usr/lib/postgresql');
await using server = await LocalServer.start(programs);
// One connection, whose process on the server is the one to look at.
await using store = await connect(server.url, { max: 1 });
const backend = await ask<number>(store, 'SELECT pg_backend_pid() AS answer');
const random = randomNumbers(3);
const keyAt = (number: number) => `key:${String(number).padStart(8, '0')}`;
const somewhere = () => keyAt(Math.floor(random() * ENTRIES));

async function ask<T>(from: Store, sql: string): Promise<T> {
  const rows = await from.transaction((tx) => tx.query<{ answer: T }>(sql), { isolation: 'repeatable read' });
  return rows[0]?.answer as T;
}

/** The processor time of a process, in milliseconds. */
function timeOf(process: number): number {
  const fields = readFileSync(`/proc/${process}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function measure(name: string, times: number, call: (turn: number) => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < times / 10; turn++) await call(turn);
  const [before, own] = [timeOf(backend), process.cpuUsage()];
  for (let turn = 0; turn < times; turn++) await call(turn);
  const client = process.cpuUsage(own);
  const micros = (total: number) => (total / times).toFixed(total / times < 100 ? 1 : 0).padStart(8);
  console.log(
    name.padEnd(44),
    `server ${micros((timeOf(backend) - before) * 1_000)} us`,
    `client ${micros(client.user + client.system)} us`,
  );
}

async function sizeOf(table: string, rows: number): Promise<void> {
  const bytes = Number(await ask<string>(store, `SELECT pg_total_relation_size('${table}') AS answer`));
  console.log(`${table}: ${(bytes / rows).toFixed(0)} bytes on disk for each of ${rows}`);
}

const kv = await store.kvault<Buffer>('dict');
for (let first = 0; first < ENTRIES; first += 10_000) {
  await kv.setMany(Array.from({ length: 10_000 }, (_, at) => [keyAt(first + at), VALUE] as const));
}
await sizeOf('dict', ENTRIES);
await measure('get', 20_000, () => kv.get(somewhere()));
await measure('set', 10_000, () => kv.set(somewhere(), VALUE));
for (const many of [1, 10, 100, 1_000]) {
  const keys = () => Array.from({ length: many }, somewhere);
  await measure(`getMany of ${many}`, Math.max(100, 5_000 / many), () => kv.getMany(keys()));
  await measure(`setMany of ${many}`, Math.max(50, 2_000 / many), () =>
    kv.setMany(keys().map((key) => [key, VALUE] as const)),
  );
}

const word = () => `word${Math.floor(2_000 ** random())}`;
const texts = await store.texts<number>('texts');
const documents = Array.from({ length: 20_000 }, () => Array.from({ length: 60 }, word).join(' '));
for (let first = 0; first < documents.length; first += 1_000) {
  await texts.insertMany(documents.slice(first, first + 1_000).map((text, n) => [text, n] as const));
}
await sizeOf('texts', documents.length);
await measure('insert of a text of 60 words', 1_000, () => texts.insert(documents[0] as string, 1));
await measure('search of 20,000 texts, frequent words', 100, (turn) =>
  texts.search(`word${10 + turn} word${40 + turn}`),
);
await measure('search of 20,000 texts, rare words', 300, (turn) => texts.search(`word${900 + turn} word${700 + turn}`));

const columns = await store.columns();
const loss = await columns.ensure('loss', 'f64');
await measure('append to a column', 5_000, (turn) => loss.append(turn));
await loss.extend(Float64Array.from({ length: 1_000_000 }, random));
await measure('slice of 1,000 elements', 2_000, (turn) => loss.slice(turn * 100, turn * 100 + 1_000));

if (process.env.KOHAKUVAULT_PGVECTOR) {
  const vectors = await store.vectors<number>('vectors', { dimensions: 384 });
  const aVector = () => Array.from({ length: 384 }, () => random() - 0.5);
  for (let first = 0; first < 10_000; first += 1_000) {
    await vectors.insertMany(Array.from({ length: 1_000 }, (_, n) => [aVector(), n] as const));
  }
  await sizeOf('vectors', 10_000);
  await measure('exact search of 10,000 vectors of 384', 100, () => vectors.search(aVector()));
  await vectors.createIndex();
  await measure('approximate search of 10,000 vectors of 384', 200, () =>
    vectors.search(aVector(), { mode: 'approximate' }),
  );
}
