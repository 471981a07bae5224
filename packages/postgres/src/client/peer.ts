import { isErrorNamed, KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';
import type { Pool, PoolConfig } from 'pg';

/** Makes a pool of `pg`, which is a peer that is loaded when a URL is given. */
export async function newPool(config: PoolConfig): Promise<Pool> {
  const pg = await load();
  return new pg.Pool(config);
}

async function load(): Promise<typeof import('pg')> {
  try {
    const module = await import('pg');
    // A bundler may give the CommonJS module itself.
    return 'Pool' in module ? module : (module as { default: typeof import('pg') }).default;
  } catch (cause) {
    if (!isErrorNamed(cause, 'Error', 'TypeError')) throw cause;
    throw new KohakuVaultError(
      `a URL needs the package pg, which cannot be loaded (${messageOf(cause)}); npm install pg`,
      { code: 'KV_RUNTIME_UNSUPPORTED', cause },
    );
  }
}
