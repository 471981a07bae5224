import type { DatabaseSource, KVault } from '@kohakuvault/kvault';
import { answer, type Callback, SessionTable, type SessionVaultOptions, type StoredSession } from './session-table.ts';

export type { SessionVaultOptions } from './session-table.ts';

// biome-ignore lint/suspicious/noExplicitAny: the session of a program, which declares its type for Fastify.
type AnySession = any;

/** A store for @fastify/session. Sessions that expire are removed from the file. */
export class SessionVault {
  readonly #sessions: SessionTable<StoredSession>;

  /** `source` is a path, or an open vault or `Database`, whose file then has the sessions too. */
  constructor(source: DatabaseSource, options?: SessionVaultOptions) {
    this.#sessions = new SessionTable('SessionVault', source, options);
  }

  /** The vault below. Its values are the sessions as JSON. */
  get vault(): KVault<string, 'utf8', true, 'utf8'> {
    return this.#sessions.vault;
  }

  get(id: string, callback: (error: unknown, session?: AnySession) => void): void {
    answer(callback as Callback<AnySession>, () => this.#sessions.get(id) ?? null);
  }

  set(id: string, session: AnySession, callback: (error?: unknown) => void): void {
    answer(callback, () => this.#sessions.set(id, session));
  }

  destroy(id: string, callback: (error?: unknown) => void): void {
    answer(callback, () => void this.vault.delete(id));
  }

  /** Closes the vault. */
  close(): void {
    this.vault.close();
  }
}
