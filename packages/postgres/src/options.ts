import {
  checkOptions,
  describe,
  InvalidArgument,
  isTagged,
  type OptionRule,
  rules,
} from '@kohakuvault/core-native/internal';
import type { RetryPolicy } from './client/retries.ts';
import { partitionsRule } from './schema/partitions.ts';

/** How a store behaves, wherever its connections come from. */
export interface StoreOptions {
  /** The schema of the tables. It is created if it is missing. Default: the connection's first one, often 'public'. */
  schema?: string | undefined;
  /** How often what another transaction or a lost connection has prevented is tried again. Default 5. */
  retries?: number | undefined;
  /** The first pause before it is tried again, in milliseconds. The pauses double. Default 20. */
  backoffBase?: number | undefined;
  /** Into how many hash partitions the tables of new vaults are divided. Default 0: none. */
  partitions?: number | undefined;
  /**
   * Whether connections keep statements prepared. Turn it off behind a pooler that gives each transaction another
   * connection and knows nothing of prepared statements. Default true.
   */
  prepare?: boolean | undefined;
}

/** The options of `connect`. Those of the pool are for a URL; a pool of yours has them already. */
export interface ConnectOptions extends StoreOptions {
  /** The most connections. Default 10. */
  max?: number | undefined;
  /** How long a call waits for a connection, in milliseconds, before `KV_BUSY` or `KV_UNAVAILABLE`. Default 10,000. */
  connectionTimeout?: number | undefined;
  /** How long a statement may take, in milliseconds, before `KV_TIMEOUT`. Default: what the server says. */
  statementTimeout?: number | undefined;
  /** Whether and how connections are encrypted: the option `ssl` of `pg`. Default: what the URL says. */
  ssl?: boolean | object | undefined;
  /** The name by which the server lists the connections. Default 'kohakuvault'. */
  applicationName?: string | undefined;
}

export type Isolation = 'serializable' | 'repeatable read';

export interface TransactionOptions {
  /**
   * 'serializable' behaves as if transactions ran one after another. 'repeatable read' sees one state, and is refused
   * when a row that it changes has been changed since. Default 'serializable'.
   */
  isolation?: Isolation | undefined;
}

const name: OptionRule = { expected: 'a name', accepts: (value) => typeof value === 'string' && value !== '' };
const milliseconds = rules.wholeNumber(1, 0x7fffffff);
const STORE_RULES = {
  schema: name,
  retries: rules.wholeNumber(0, 1_000),
  backoffBase: rules.wholeNumber(0, 60_000),
  partitions: partitionsRule,
  prepare: rules.boolean,
};
const POOL_RULES = {
  max: rules.wholeNumber(1, 10_000),
  connectionTimeout: milliseconds,
  statementTimeout: milliseconds,
  ssl: {
    expected: 'true, false or an object',
    accepts: (value: unknown) => typeof value === 'boolean' || (isTagged(value, 'Object') && value !== null),
  },
  applicationName: name,
};

export interface CheckedOptions {
  readonly schema: string | undefined;
  readonly policy: RetryPolicy;
  readonly partitions: number;
  readonly prepare: boolean;
}

export function checkConnectOptions(options: ConnectOptions | undefined, isUrl: boolean): CheckedOptions {
  checkOptions('connect', options, { ...STORE_RULES, ...POOL_RULES });
  for (const option of Object.keys(POOL_RULES) as (keyof typeof POOL_RULES)[]) {
    if (isUrl || options?.[option] === undefined) continue;
    throw new InvalidArgument(
      `connect got the option ${option} (${describe(options[option])}) beside a pool; set it on the pool`,
    );
  }
  const { schema, retries = 5, backoffBase = 20, partitions = 0, prepare = true } = options ?? {};
  return { schema, policy: { retries, backoffBase }, partitions, prepare };
}

export function checkTransactionOptions(options: TransactionOptions | undefined): Isolation {
  checkOptions('transaction', options, { isolation: rules.oneOf('serializable', 'repeatable read') });
  return options?.isolation ?? 'serializable';
}
