import { checkOptions, type OptionRule, rules } from '@kohakuvault/core-native/internal';
import type { DatabaseSource, KVaultOptions } from '@kohakuvault/kvault';
import { KVault } from '@kohakuvault/kvault';

export interface SessionVaultOptions {
  /** The name of the table. Default 'sessions'. */
  table?: string | undefined;
  /** How long a session lives whose cookie does not say so, in milliseconds. Default one day. */
  ttl?: number | undefined;
  /** Whether a request that changes nothing leaves the expiry as it is. Default false. */
  disableTouch?: boolean | undefined;
  /** Settings of the vault and its connection, such as `synchronous` or `key`. */
  vault?: Omit<KVaultOptions, 'table' | 'keyEncoding' | 'valueEncoding' | 'autoPack' | 'headers'> | undefined;
}

/** What both kinds of sessions have: a cookie that may say when it expires. */
export interface StoredSession {
  cookie?: { expires?: Date | string | null | undefined; originalMaxAge?: number | null | undefined };
}

const DAY = 24 * 60 * 60 * 1000;

const isObject: OptionRule = {
  expected: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null,
};
const RULES = {
  table: { expected: 'a name', accepts: (value: unknown) => typeof value === 'string' },
  ttl: rules.wholeNumber(1),
  disableTouch: rules.boolean,
  vault: isObject,
};

/** The sessions of a program, as JSON, because that is by what the frameworks see whether a session has changed. */
export class SessionTable<Session extends StoredSession> {
  readonly vault: KVault<string, 'utf8', true, 'utf8'>;
  readonly #ttl: number;

  constructor(owner: string, source: DatabaseSource, options: SessionVaultOptions = {}) {
    checkOptions(owner, options, RULES);
    const { table = 'sessions', ttl = DAY, vault } = options;
    this.#ttl = ttl;
    this.vault = new KVault(source, { ...vault, table, valueEncoding: 'utf8' });
  }

  get(id: string): Session | undefined {
    const text = this.vault.get(id);
    return text === undefined ? undefined : JSON.parse(text);
  }

  set(id: string, session: Session): void {
    const expiresAt = this.#expiryOf(session);
    if (expiresAt <= Date.now()) this.vault.delete(id);
    else this.vault.set(id, JSON.stringify(session), { expiresAt });
  }

  /** Has a session live on, without writing it again. */
  touch(id: string, session: Session): void {
    this.vault.touch(id, { expiresAt: this.#expiryOf(session) });
  }

  all(): Record<string, Session> {
    return Object.fromEntries(this.vault.toArray().map(([id, text]) => [id, JSON.parse(text)]));
  }

  #expiryOf({ cookie }: Session): number {
    const expires = cookie?.expires;
    const time = expires ? new Date(expires).getTime() : Number.NaN;
    return Number.isNaN(time) ? Date.now() + this.#ttl : time;
  }
}

/** A callback of a store: an error, or a result. */
export type Callback<T = void> = (error?: unknown, result?: T) => void;

/** Does the work at once, and reports its outcome later, as the frameworks expect. */
export function answer<T>(callback: Callback<T> | undefined, work: () => T): void {
  let outcome: [unknown, T?];
  try {
    outcome = [null, work()];
  } catch (error) {
    outcome = [error];
  }
  if (callback) setImmediate(() => callback(...outcome));
}
