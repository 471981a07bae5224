import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { ColumnVault, asAsync as columnsAsAsync } from '@kohakuvault/columns';
import { type AsyncJob, asAsync, KVault } from '@kohakuvault/kvault';
import { type AsyncColumns, connect, type Store } from '@kohakuvault/postgres';
import { open as openThread, type RemoteKVault, type StoreTransaction } from '../../../umbrella/src/async/index.ts';
import { type AnyVault, aServer, hasServer, type SharedOptions } from './places.ts';

/** A place where other programs are as well. */
export interface LivingPlace {
  open(name: string, options?: SharedOptions): Promise<AnyVault>;
  /** Opens the columns, which other programs find too. */
  columns(): Promise<AsyncColumns>;
  /** Sets a key in a transaction that is rolled back. */
  rollBack(name: string, key: string): Promise<void>;
  /** Adds an element to a column in a transaction that is rolled back. */
  rollBackAppend(column: string, value: number): Promise<void>;
  /** Sets a key, and acknowledges a job, in one transaction, which fails if that is wanted. */
  settle(name: string, key: string, job: AsyncJob, fails: boolean): Promise<void>;
  /** Where other processes find it; empty if they cannot. */
  readonly peer: readonly string[];
  close(): Promise<void>;
}

/** The places of vaults whose entries expire, are watched, and queue jobs. */
export function livingPlaces(): Record<string, () => Promise<LivingPlace>> {
  const fails = new Error('rolled back');
  const inTransaction = async (body: () => Promise<unknown> | unknown) => {
    try {
      await body();
    } catch (error) {
      if (error !== fails) throw error;
    }
  };
  const onStore = (store: Store, peer: readonly string[], end: () => Promise<void>): LivingPlace => ({
    peer,
    open: async (name, options) => (await store.kvault(name, options)) as unknown as AnyVault,
    columns: () => store.columns(),
    rollBack: (name, key) =>
      inTransaction(() =>
        store.transaction(async (tx) => {
          await tx.kvault(name).set(key, 1);
          throw fails;
        }),
      ),
    rollBackAppend: (name, value) =>
      inTransaction(() =>
        store.transaction(async (tx) => {
          await (await tx.columns().column(name, 'f64')).append(value);
          throw fails;
        }),
      ),
    settle: (name, key, job, isFailing) =>
      inTransaction(() =>
        store.transaction(async (tx) => {
          await tx.kvault(name).set(key, 1);
          await job.ack(tx);
          if (isFailing) throw fails;
        }),
      ),
    async close() {
      await store.close();
      await end();
    },
  });
  const onServer = async (partitions: number) => {
    const { url, schema, dropSchema } = await aServer();
    return onStore(await connect(url, { schema, partitions }), ['postgres', url, schema], dropSchema);
  };
  return {
    'a file': async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'kohakuvault-living-')), 'vault.db');
      const vaults: { close(): void }[] = [];
      const open = (table: string, options?: SharedOptions) => {
        const vault = new KVault(file, { ...options, table } as object);
        vaults.push(vault);
        return vault;
      };
      return {
        peer: ['file', file],
        open: async (table, options) => asAsync(open(table, options)) as unknown as AnyVault,
        async columns() {
          const vault = new ColumnVault(file);
          vaults.push(vault);
          return columnsAsAsync(vault);
        },
        rollBack: (table, key) => {
          const vault = open(table);
          return inTransaction(() =>
            vault.transaction(() => {
              vault.set(key, 1);
              throw fails;
            }),
          );
        },
        rollBackAppend: (name, value) => {
          const vault = new ColumnVault(file);
          vaults.push(vault);
          return inTransaction(() =>
            vault.transaction(() => {
              vault.column(name, 'f64').append(value);
              throw fails;
            }),
          );
        },
        // The calls of jobs do their work at once.
        settle: (table, key, job, isFailing) => {
          const vault = open(table);
          return inTransaction(() =>
            vault.transaction(() => {
              vault.set(key, 1);
              void job.ack();
              if (isFailing) throw fails;
            }),
          );
        },
        async close() {
          for (const vault of vaults) vault.close();
          rmSync(dirname(file), { recursive: true, force: true });
        },
      };
    },
    'a thread': async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'kohakuvault-living-')), 'vault.db');
      const store = await openThread(file);
      const failing = async (name: string, steps: (tx: StoreTransaction, vault: RemoteKVault) => void) => {
        const vault = await store.kvault(name);
        await store
          .transaction((tx) => {
            steps(tx, vault);
            tx.on(vault).getOrThrow('no such key');
          })
          .catch((error) => {
            if (error.code !== 'KV_NOT_FOUND') throw error;
          });
      };
      return {
        peer: ['file', file],
        open: async (name, options) => (await store.kvault(name, options as object)) as unknown as AnyVault,
        columns: () => store.columns(),
        rollBack: (name, key) => failing(name, (tx, vault) => void tx.on(vault).set(key, 1)),
        rollBackAppend: async (name, value) => {
          const column = await (await store.columns()).column(name, 'f64');
          await failing('kv', (tx) => void tx.on(column).append(value));
        },
        settle: async (name, key, job, isFailing) => {
          const steps = (tx: StoreTransaction, vault: RemoteKVault) => {
            tx.on(vault).set(key, 1);
            void job.ack(tx);
          };
          if (isFailing) return await failing(name, steps);
          const vault = await store.kvault(name);
          await store.transaction((tx) => steps(tx, vault));
        },
        async close() {
          await store.close();
          rmSync(dirname(file), { recursive: true, force: true });
        },
      };
    },
    PGlite: async () => {
      const database = new PGlite();
      return onStore(await connect(database), [], () => database.close());
    },
    ...(hasServer && { PostgreSQL: () => onServer(0), 'PostgreSQL, 16 partitions': () => onServer(16) }),
  };
}
