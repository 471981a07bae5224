import { join } from 'node:path';
import { adapterPeer } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { FILLED, keyOf, MANY, recordOf } from './contents.ts';

/** What the cases use of a Keyv 5. */
interface Keyv {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<unknown>;
  setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<unknown>;
}
type KeyvClass = { Keyv: new (options: { store: unknown; namespace?: string }) => Keyv };

const TTL = 3_600_000;

const STORES: Record<string, (context: Context) => Promise<unknown>> = {
  '@kohakuvault/keyv': async ({ folder }) => {
    const { KeyvVault } = await import('@kohakuvault/keyv/v5');
    return new KeyvVault(join(folder, 'keyv.db'));
  },
  '@keyv/sqlite': async ({ folder, unavailable }) => {
    type Peer = { KeyvSqlite: new (options: { uri: string; wal: boolean }) => unknown };
    // sqlite3 downloads its binary, or is compiled, when it is installed.
    const missing = (error: Error) => unavailable(`sqlite3 has no binary: ${error.message.split('\n')[0]}`);
    await adapterPeer('sqlite3').catch(missing);
    const { KeyvSqlite } = await adapterPeer<Peer>('@keyv/sqlite');
    return new KeyvSqlite({ uri: `sqlite://${join(folder, 'keyv.sqlite')}`, wal: true });
  },
  'keyv-file': async ({ folder }) => {
    type Peer = { KeyvFile: new (options: { filename: string }) => unknown };
    const { KeyvFile } = await adapterPeer<Peer>('keyv-file');
    return new KeyvFile({ filename: join(folder, 'keyv.json') });
  },
};

function each(work: (keyv: Keyv, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(STORES).map(([name, open]) => [
      name,
      async (context: Context) => {
        const { Keyv } = await adapterPeer<KeyvClass>('keyv');
        const keyv = new Keyv({ store: await open(context), namespace: 'bench' });
        await keyv.setMany(entriesOf(0, FILLED));
        return work(keyv, context);
      },
    ]),
  );
}

function entriesOf(start: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    key: keyOf(start + index),
    value: recordOf(start + index),
    ttl: TTL,
  }));
}

const note = 'Keyv 5, with a ttl. keyv-file keeps everything in memory, and writes the whole file some time later.';

export const keyvCases: Case[] = [
  {
    name: 'keyv: set',
    unit: 'ns',
    note,
    contenders: each((keyv, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await keyv.set(keyOf(turn), recordOf(turn), TTL);
        return turn;
      }),
    ),
  },
  {
    name: 'keyv: get',
    unit: 'ns',
    note,
    contenders: each((keyv, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => ((await keyv.get(keyOf(turn * 7))) ? 1 : 0)),
    ),
  },
  {
    name: `keyv: setMany of ${MANY}, per entry`,
    unit: 'ns',
    note,
    contenders: each((keyv, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await keyv.setMany(entriesOf(turn * MANY, MANY));
        return turn;
      }, MANY),
    ),
  },
];
