import { join } from 'node:path';
import { adapterPeer } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';
import { FILLED, keyOf, recordOf } from './contents.ts';

type Callback = (error: unknown, session?: unknown) => void;

/** What the cases use of a store. */
interface Store {
  get(id: string, callback: Callback): void;
  set(id: string, session: object, callback: Callback): void;
}
type Factory = (session: unknown) => new (options: object) => Store;

const STORES: Record<string, (folder: string) => Promise<Store>> = {
  '@kohakuvault/session': async (folder) => {
    const { SessionVault } = await import('@kohakuvault/session');
    return new SessionVault(join(folder, 'sessions.db')) as never;
  },
  'better-sqlite3-session-store': async (folder) => {
    const { default: session } = await import('express-session');
    const { default: make } = await adapterPeer<{ default: Factory }>('better-sqlite3-session-store');
    const { openBare } = await import('../../peers/better-sqlite3.ts');
    return new (make(session))({ client: await openBare(join(folder, 'other.db')) });
  },
  'connect-sqlite3': async (folder) => {
    const { default: session } = await import('express-session');
    const { default: make } = await adapterPeer<{ default: Factory }>('connect-sqlite3');
    return new (make(session))({ dir: folder, db: 'connect.db' });
  },
  'session-file-store': async (folder) => {
    const { default: session } = await import('express-session');
    const { default: make } = await adapterPeer<{ default: Factory }>('session-file-store');
    return new (make(session))({ path: join(folder, 'sessions'), retries: 0, logFn: () => {} });
  },
};

function sessionOf(turn: number): object {
  return { cookie: { originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000) }, user: recordOf(turn) };
}

function set(store: Store, turn: number): Promise<void> {
  return new Promise((resolve, reject) => {
    store.set(keyOf(turn), sessionOf(turn), (error) => (error ? reject(error) : resolve()));
  });
}

function get(store: Store, turn: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    store.get(keyOf(turn), (error, session) => (error ? reject(error) : resolve(session)));
  });
}

function each(work: (store: Store, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(STORES).map(([name, open]) => [
      name,
      async (context: Context) => {
        const store = await open(context.folder);
        for (let turn = 0; turn < FILLED; turn++) await set(store, turn);
        return work(store, context);
      },
    ]),
  );
}

const note = 'Each call waits for a turn of the event loop, because the stores of express-session answer later.';

export const sessionCases: Case[] = [
  {
    name: 'session: set',
    unit: 'ns',
    note,
    contenders: each((store, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => {
        await set(store, turn);
        return turn;
      }),
    ),
  },
  {
    name: 'session: get',
    unit: 'ns',
    note,
    contenders: each((store, { perAsyncOperation }) =>
      perAsyncOperation(async (turn) => ((await get(store, turn * 7)) ? 1 : 0)),
    ),
  },
];
