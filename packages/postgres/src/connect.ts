import { describe, InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Pool, PoolConfig } from 'pg';
import { newPool } from './client/peer.ts';
import { PgPool } from './client/pg-pool.ts';
import { type PGliteLike, PGlitePool } from './client/pglite-pool.ts';
import type { ClientPool } from './client/session.ts';
import { StoreExecutor } from './execution/store-executor.ts';
import { type ConnectOptions, checkConnectOptions } from './options.ts';
import { Catalog } from './schema/catalog.ts';
import { Store } from './store.ts';
import { Transaction } from './transaction.ts';
import { Vaults } from './vaults.ts';

/** Where a store is: a URL, a pool of `pg`, or a PGlite, which is PostgreSQL inside the process. */
export type StoreSource = string | URL | Pool | PGliteLike;

const OLDEST_SERVER = 150_000;

/** Connects to a PostgreSQL server. A pool or a PGlite that was given stays open when the store closes. */
export async function connect(source: StoreSource, options?: ConnectOptions): Promise<Store> {
  const url = urlOf(source);
  const { schema, policy, partitions, prepare } = checkConnectOptions(options, url !== undefined);
  let pool: ClientPool;
  if (url !== undefined) {
    pool = new PgPool(await newPool(configOf(url, options ?? {})), { owned: true, prepare });
  } else if (isPGlite(source)) {
    pool = new PGlitePool(source);
  } else {
    pool = new PgPool(source as Pool, { owned: false, prepare });
  }
  const executor = new StoreExecutor(pool, policy);
  try {
    const first = await firstSchema(executor);
    return new Store(
      executor,
      new Vaults(new Catalog(schema ?? first), partitions, (vaults, inner) => new Transaction(vaults, inner)),
    );
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** Returns the schema in which the connection makes tables. Refuses a server that is too old. */
async function firstSchema(executor: StoreExecutor): Promise<string> {
  const { rows } = await executor.read((session) =>
    session.query("SELECT coalesce(current_schema(), 'public')::text, current_setting('server_version_num')::int4"),
  );
  const [schema, version] = rows[0] as [string, number];
  if (version >= OLDEST_SERVER) return schema;
  throw new KohakuVaultError(`the server is PostgreSQL ${Math.floor(version / 10_000)}; expected 15 or newer`, {
    code: 'KV_RUNTIME_UNSUPPORTED',
  });
}

function urlOf(source: unknown): string | undefined {
  const text = source instanceof URL ? source.href : source;
  if (typeof text === 'string') {
    if (/^postgres(?:ql)?:\/\//.test(text)) return text;
    throw new InvalidArgument(`connect expects a URL such as 'postgres://user@host/database', got ${describe(text)}`);
  }
  if (isPGlite(source) || isPool(source)) return undefined;
  throw new InvalidArgument(`connect expects a URL, a pool of pg or a PGlite, got ${describe(source)}`);
}

function configOf(url: string, options: ConnectOptions): PoolConfig {
  const { max = 10, connectionTimeout = 10_000, statementTimeout, ssl, applicationName = 'kohakuvault' } = options;
  return {
    connectionString: url,
    max,
    connectionTimeoutMillis: connectionTimeout,
    application_name: applicationName,
    // Otherwise a network that swallows packets keeps a connection for hours.
    keepAlive: true,
    ...(statementTimeout === undefined ? {} : { statement_timeout: statementTimeout }),
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<PoolConfig['ssl']> }),
  };
}

function isPGlite(source: unknown): source is PGliteLike {
  return hasMethods(source, 'query', 'transaction', 'exec') && 'waitReady' in source;
}

function isPool(source: unknown): boolean {
  return hasMethods(source, 'connect', 'query', 'end') && 'totalCount' in source;
}

function hasMethods(source: unknown, ...names: readonly string[]): source is object {
  if (typeof source !== 'object' || source === null) return false;
  return names.every((name) => typeof (source as Record<string, unknown>)[name] === 'function');
}
