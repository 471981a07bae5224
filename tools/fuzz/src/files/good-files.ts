import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ColumnVault } from '@kohakuvault/columns';
import { type KVault, KVault as Vault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { Random } from '../../../testing/src/random.ts';
import { type Subjects, subjectsOf } from './subjects.ts';

const FIXTURES = new URL('../../../fixtures/conformance/', import.meta.url);

/** A sound file whose copies are damaged. */
export interface GoodFile {
  readonly name: string;
  readonly path: string;
  readonly subjects: Subjects;
  /** Whether part of its content is in a WAL. */
  readonly hasWal: boolean;
}

/** Returns our own files, with and without a WAL, and those that Python wrote. */
export function makeGoodFiles(folder: string): GoodFile[] {
  mkdirSync(folder, { recursive: true });
  const own = [makeOwn(folder, false), makeOwn(folder, true)];
  const python = readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.db'))
    .map((name) => {
      const path = join(folder, name);
      copyFileSync(new URL(name, FIXTURES), path);
      return { name: basename(name, '.db'), path, subjects: subjectsOf(path), hasWal: false };
    });
  return [...own, ...python];
}

/** Copies a file with its WAL. */
export function copyWithWal(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

/** Creates a file with all classes, in small pages, so that all tables have several levels. */
function makeOwn(folder: string, hasWal: boolean): GoodFile {
  const name = hasWal ? 'own-with-wal' : 'own';
  const [made, path] = [join(folder, `${name}.making`), join(folder, `${name}.db`)];
  const random = new Random(15);
  const kv = new Vault(made, { pageSize: 1024, maxBlobBytes: 2_000 });
  const other = new Vault(kv, { table: 'other table' });
  const columns = new ColumnVault(kv);
  const near = new VectorKVault(kv, { table: 'near', dimensions: 4 });
  const bits = new VectorKVault(kv, { table: 'bits', dimensions: 16, vectorType: 'bit' });
  const fill = () => {
    fillKeys(kv, random);
    for (let index = 0; index < 20; index++)
      other.set(`key ${random.below(100)}`, { index, text: 'x'.repeat(random.below(50)) });
    fillColumns(columns, random);
    const vector = () => Array.from({ length: 4 }, () => random.below(200) - 99.5);
    near.insertMany(
      Array.from({ length: 25 }, (_, index) => [vector(), { index, bytes: Buffer.alloc(random.below(300), index) }]),
    );
    bits.insertMany(
      Array.from({ length: 8 }, () => [Buffer.from([random.below(256), random.below(256)]), random.below(1_000)]),
    );
    near.delete(1 + random.below(20));
    kv.delete('key 3');
  };
  fill();
  kv.checkpoint('truncate');
  if (hasWal) fill();
  // With a WAL, the file is as a killed process leaves it.
  if (hasWal) copyWithWal(made, path);
  for (const vault of [bits, near, columns, other, kv]) vault.close();
  if (!hasWal) copyFileSync(made, path);
  // Read from the other copy: closing a file removes its WAL.
  return { name, path, subjects: subjectsOf(made), hasWal };
}

function fillKeys(kv: KVault, random: Random): void {
  const values = [
    () => random.below(1_000) - 500,
    () => random.below(1_000) / 7,
    () => BigInt(random.below(1_000)) ** 9n,
    () => `text ${'é'.repeat(random.below(200))}`,
    () => null,
    () => true,
    () => Buffer.alloc(random.below(3_000), random.below(256)),
    () => Float32Array.from({ length: random.below(20) }, () => random.below(100)),
    () => ({
      list: [1, 'two', { three: 3n }],
      at: new Date(random.below(1e9)),
      set: new Set([1, 2]),
      map: new Map([['a', 1]]),
    }),
    () => Array.from({ length: random.below(60) }, (_, index) => ({ index, name: `name ${index}` })),
    () => Buffer.alloc(2_001 + random.below(9_000), 7),
  ];
  for (let index = 0; index < 66; index++) kv.set(`key ${index}`, (values[index % values.length] as () => unknown)());
}

const COLUMNS = {
  numbers: ['i64', (random: Random) => BigInt(random.below(1_000_000))],
  floats: ['f32', (random: Random) => random.below(1_000) / 8],
  names: ['str:utf8', (random: Random) => 'n'.repeat(random.below(40))],
  blobs: ['bytes', (random: Random) => Buffer.alloc(random.below(90), 1)],
  short: ['bytes:5', (random: Random) => Buffer.alloc(5, random.below(256))],
  documents: ['msgpack', (random: Random) => ({ id: random.below(1_000), tags: ['a', 'b'] })],
  vectors: ['vec:f32:3', (random: Random) => [random.below(10), 1, 2]],
} as const;

function fillColumns(vault: ColumnVault, random: Random): void {
  for (const [name, [dtype, element]] of Object.entries(COLUMNS)) {
    const column = vault.ensure(name, dtype, { minChunkBytes: 256, maxChunkBytes: 1_024 });
    column.extend(Array.from({ length: 120 }, () => element(random)) as never);
    column.removeRange(10, 20);
    column.insert(5, element(random));
  }
}
