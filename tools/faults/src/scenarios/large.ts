import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { KVault } from '@kohakuvault/kvault';
import { line } from './lines.ts';
import { type Opened, opened, type Scenario, type Step, sourceOf } from './scenario.ts';

/** The length of each value and the byte that fills it, by key. */
type State = Map<string, [length: number, fill: number]>;

interface Vaults extends Opened {
  kv: KVault;
}

const MiB = 1024 * 1024;
/** Large pages, so that a large value takes few calls to write. */
const PAGE_SIZE = 65_536;

const known = new Map<string, string>();

function lineOf(length: number, fill: number): string {
  const name = `${length} ${fill}`;
  if (!known.has(name)) known.set(name, line(Buffer.alloc(length, fill)));
  return known.get(name) as string;
}

const set = (key: string, length: number, fill: number): Step<Vaults, State> => ({
  name: `set ${key}`,
  run: ({ kv }) => kv.set(key, Buffer.alloc(length, fill)),
  change: (state) => state.set(key, [length, fill]),
});

const putFile = (key: string, length: number, fill: number): Step<Vaults, State> => ({
  name: `putFile ${key}`,
  run: ({ kv }) => kv.putFile(key, Buffer.alloc(length, fill)),
  change: (state) => state.set(key, [length, fill]),
});

const steps: Step<Vaults, State>[] = [
  set('before', 100, 1),
  putFile('large', 9 * MiB, 2),
  set('between', 100_000, 3),
  {
    name: 'createReadStream',
    run: async ({ kv }, state) => {
      const [length, fill] = state.get('large') ?? [];
      if (length === undefined || fill === undefined) return;
      const hash = createHash('sha1');
      for await (const chunk of kv.createReadStream('large')) hash.update(chunk);
      assert.equal(`${length} bytes ${hash.digest('hex').slice(0, 16)}`, lineOf(length, fill));
    },
  },
  putFile('large', 8.5 * MiB, 4),
  {
    name: 'putFile of an iterable',
    run: ({ kv }) =>
      kv.putFile(
        'gathered',
        Array.from({ length: 9 }, () => Buffer.alloc(MiB, 5)),
      ),
    change: (state) => state.set('gathered', [9 * MiB, 5]),
  },
  {
    name: 'delete large',
    run: ({ kv }, state) => assert.equal(kv.delete('large'), state.has('large')),
    change: (state) => state.delete('large'),
  },
  { name: 'checkpoint', run: ({ kv }) => kv.checkpoint('truncate') },
  set('after', 100, 6),
];

/** Values that a thread of its own copies, and one that goes through a spool file. */
export const large: Scenario<Vaults, State> = {
  empty: new Map(),
  copy: (state) => new Map(state),
  open: (file, journal, readonly = false) =>
    opened(sourceOf(file, journal, readonly, PAGE_SIZE), ({ source, options }, keep) => ({
      kv: keep(new KVault(source, options)),
    })),
  close: ({ closeAll }) => closeAll(),
  database: ({ kv }) => kv.database,
  steps,
  see: ({ kv }) => [...kv].map(([key, value]) => `${key}: ${line(value)}`),
  show: (state) =>
    [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, [length, fill]]) => `${key}: ${lineOf(length, fill)}`),
};
