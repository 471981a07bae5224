import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import { ColumnVault, asAsync as columnsAsAsync } from '@kohakuvault/columns';
import { asAsync, KVault } from '@kohakuvault/kvault';
import {
  type AsyncColumns,
  type AsyncDocumentVault,
  type AsyncKVault,
  type AsyncTexts,
  type AsyncVectors,
  connect,
  type KeyEncoding,
  type PostgresDocumentsOptions,
  type PostgresKVaultOptions,
  type PostgresTextsOptions,
  type PostgresVectorsOptions,
  type Store,
} from '@kohakuvault/postgres';
import { DocumentVault, TextVault, asAsync as textsAsAsync } from '@kohakuvault/text';
import { VectorKVault, asAsync as vectorsAsAsync } from '@kohakuvault/vector';
import { type AsyncStore, open as openThread } from '../../../umbrella/src/async/index.ts';
import { findServer, LocalServer } from './local-server.ts';

/** The options that vaults have wherever they are. */
export type SharedOptions = Omit<PostgresKVaultOptions<KeyEncoding, boolean>, 'partitions'>;

/** A vault whose values are of any type, and whose keys come back in any form. */
// biome-ignore lint/suspicious/noExplicitAny: tests store values of every type.
export type AnyVault = AsyncKVault<any, any>;

/** The options that texts have wherever they are. */
export type SharedTextsOptions = Omit<PostgresTextsOptions<string>, 'partitions'>;

/** Texts with columns of any names. */
// biome-ignore lint/suspicious/noExplicitAny: tests store values of every type.
export type AnyTexts = AsyncTexts<any, any>;

// biome-ignore lint/suspicious/noExplicitAny: tests store values, fields and ids of every type.
export type AnyVectors = AsyncVectors<any, 'auto', any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type SharedVectorsOptions = Omit<PostgresVectorsOptions<any, any, any, any>, 'partitions'>;

/** The options that documents have wherever they are. */
export type SharedDocumentsOptions = Omit<PostgresDocumentsOptions, 'partitions'>;

/** A place where vaults are stored. */
export interface Place {
  readonly name: string;
  texts(name: string, options?: SharedTextsOptions): Promise<AnyTexts>;
  /** Whether texts can have the tokenizer `trigram`: a server needs pg_trgm. */
  readonly hasTrigrams: boolean;
  columns(name: string): Promise<AsyncColumns>;
  /** Undefined without pgvector. */
  readonly vectors: ((name: string, options: SharedVectorsOptions) => Promise<AnyVectors>) | undefined;
  /** Undefined without pgvector. */
  readonly documents: ((name: string, options: SharedDocumentsOptions) => Promise<AsyncDocumentVault>) | undefined;
  /** Opens a vault. Another call with the same name opens it again. */
  open(name: string, options?: SharedOptions): Promise<AnyVault>;
  close(): Promise<void>;
}

function local(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-async-'));
  const vaults: { close(): void }[] = [];
  return {
    name: 'a file',
    hasTrigrams: true,
    async texts(table, options) {
      const vault = new TextVault(join(folder, 'texts.db'), { ...options, table } as object);
      vaults.push(vault);
      return textsAsAsync(vault);
    },
    async columns(name) {
      const vault = new ColumnVault(join(folder, `${name}.db`));
      vaults.push(vault);
      return columnsAsAsync(vault);
    },
    async vectors(table, options) {
      const vault = new VectorKVault(join(folder, 'vectors.db'), { ...options, table });
      vaults.push(vault);
      return vectorsAsAsync(vault) as AnyVectors;
    },
    async documents(table, options) {
      const vault = new DocumentVault(join(folder, 'documents.db'), { ...options, table });
      vaults.push(vault);
      return textsAsAsync(vault);
    },
    async open(table, options) {
      const vault = new KVault(join(folder, 'vault.db'), { ...options, table });
      vaults.push(vault);
      return asAsync(vault) as unknown as AnyVault;
    },
    async close() {
      for (const vault of vaults) vault.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Returns vaults in threads: a thread for each file. */
function inThreads(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-async-'));
  const stores = new Map<string, Promise<AsyncStore>>();
  const storeOf = (file: string): Promise<AsyncStore> => {
    const store = stores.get(file) ?? openThread(join(folder, file));
    stores.set(file, store);
    return store;
  };
  return {
    name: 'a thread',
    hasTrigrams: true,
    texts: async (name, options) => (await storeOf('texts.db')).texts(name, options as object) as Promise<AnyTexts>,
    documents: async (name, options) => (await storeOf('documents.db')).documents(name, options),
    columns: async (name) => (await storeOf(`${name}.db`)).columns(),
    vectors: async (name, options) => (await storeOf('vectors.db')).vectors(name, options) as unknown as AnyVectors,
    open: async (name, options) => (await storeOf('vault.db')).kvault(name, options as object) as unknown as AnyVault,
    async close() {
      for (const store of stores.values()) await (await store).close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function onStore(name: string, store: Store, hasPgvector: boolean, end: () => Promise<void>): Promise<Place> {
  const extensions = await store.snapshot((tx) =>
    tx.query("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"),
  );
  return {
    name,
    hasTrigrams: extensions.length > 0,
    open: async (vault, options) => (await store.kvault(vault, options)) as unknown as AnyVault,
    columns: (vault) => store.columns(vault),
    vectors: hasPgvector ? (vault, options) => store.vectors(vault, options) as Promise<AnyVectors> : undefined,
    documents: hasPgvector ? (vault, options) => store.documents(vault, options) : undefined,
    texts: (vault, options) => store.texts(vault, options) as Promise<AnyTexts>,
    async close() {
      await store.close();
      await end();
    },
  };
}

/** The places that this machine has, by name. Each is made when its tests begin. */
export function places(): Record<string, () => Promise<Place>> {
  const onServer = async (name: string, partitions: number) => {
    const { url, schema, dropSchema } = await aServer();
    const store = await connect(url, { schema, partitions });
    return onStore(name, store, Boolean(process.env.KOHAKUVAULT_PGVECTOR), dropSchema);
  };
  return {
    'a file': async () => local(),
    PGlite: async () => {
      const database = new PGlite({ extensions: { vector: pgvector, pg_trgm } });
      return onStore('PGlite', await connect(database), true, () => database.close());
    },
    ...(hasServer && {
      PostgreSQL: () => onServer('PostgreSQL', 0),
      'PostgreSQL, 16 partitions': () => onServer('PostgreSQL, 16 partitions', 16),
    }),
  };
}

/** The same, and threads: their vaults take no functions of the caller, such as filters. */
export function placesAndThreads(): Record<string, () => Promise<Place>> {
  return { ...places(), 'a thread': async () => inThreads() };
}

const givenUrl = process.env.KOHAKUVAULT_POSTGRES_URL;
const programs = findServer();

/** Whether there is a real server: the one that the environment names, or one that can be started. */
export const hasServer = Boolean(givenUrl) || programs !== undefined;

let started: Promise<LocalServer> | undefined;

/** Returns the server, which is started once for each file of tests, and a schema of its own. */
export async function aServer(): Promise<{ url: string; schema: string; dropSchema: () => Promise<void> }> {
  const schema = `kohakuvault_test_${process.pid}_${randomUUID().slice(0, 8)}`;
  if (!givenUrl) {
    started ??= LocalServer.start(programs as string);
    return { url: (await started).url, schema, dropSchema: async () => {} };
  }
  const dropSchema = async () => {
    await using store = await connect(givenUrl);
    await store.transaction((tx) => tx.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));
  };
  return { url: givenUrl, schema, dropSchema };
}

/** Ends the server if it was started. */
export async function stopServer(): Promise<void> {
  await (await started)?.[Symbol.asyncDispose]();
  started = undefined;
}
