import type { DatabaseSource, KVault } from '@kohakuvault/kvault';
import session, { type SessionData } from 'express-session';
import { answer, type Callback, SessionTable, type SessionVaultOptions } from './session-table.ts';

type Sessions = Record<string, SessionData>;

/** A store for express-session. Sessions that expire are removed from the file. */
export class SessionVault extends session.Store {
  readonly #sessions: SessionTable<SessionData>;
  readonly #disableTouch: boolean;

  /** `source` is a path, or an open vault or `Database`, whose file then has the sessions too. */
  constructor(source: DatabaseSource, options?: SessionVaultOptions) {
    super();
    this.#sessions = new SessionTable('SessionVault', source, options);
    this.#disableTouch = options?.disableTouch ?? false;
  }

  /** The vault below. Its values are the sessions as JSON. */
  get vault(): KVault<string, 'utf8', true, 'utf8'> {
    return this.#sessions.vault;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    answer(callback as Callback<SessionData | null>, () => this.#sessions.get(id) ?? null);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    answer(callback, () => this.#sessions.set(id, session));
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    answer(callback, () => void this.vault.delete(id));
  }

  override touch(id: string, session: SessionData, callback?: () => void): void {
    answer(callback, () => {
      if (!this.#disableTouch) this.#sessions.touch(id, session);
    });
  }

  override all(callback: (error: unknown, sessions?: Sessions | null) => void): void {
    answer(callback as Callback<Sessions | null>, () => this.#sessions.all());
  }

  override length(callback: (error: unknown, length?: number) => void): void {
    answer(callback as Callback<number>, () => this.vault.size);
  }

  override clear(callback?: (error?: unknown) => void): void {
    answer(callback, () => this.vault.clear());
  }

  /** Closes the vault. */
  close(): void {
    this.vault.close();
  }
}
