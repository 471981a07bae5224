import { KohakuVaultError, messageOf } from '@kohakuvault/core-native/internal';
import { onAbort, unlessAborted } from '@kohakuvault/kvault/internal';
import type { Parameter, Result, Session } from '../client/session.ts';
import type { Closing } from './closing.ts';
import type { Executor } from './executor.ts';
import { checkPlace, inPlace, type Place } from './place.ts';

/**
 * Runs statements in a transaction, or in a savepoint of it, one after another. A statement that fails makes
 * PostgreSQL refuse all further ones, up to the savepoint before it.
 */
export class TransactionExecutor implements Executor {
  readonly parent: Place;
  readonly inTransaction = true;
  readonly news = undefined;
  readonly closing: Closing;
  /** Ends the body when the store closes, or when the body of the outer transaction has ended. */
  readonly #ending = new AbortController();
  readonly #outer: AbortSignal;
  readonly #session: Session;
  /** The same, which notes what fails. */
  readonly #noting: Session;
  readonly #depth: number;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  /** The end of the last call: calls that are made at the same time wait for each other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, parent: Executor, depth = 0) {
    this.#session = session;
    this.parent = parent;
    this.closing = parent.closing;
    this.#outer = parent instanceof TransactionExecutor ? parent.#ending.signal : parent.closing.signal;
    this.#depth = depth;
    const noted = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        return await answer;
      } catch (error) {
        this.#failure ??= { error };
        throw error;
      }
    };
    const { copyIn, copyOut } = session;
    this.#noting = {
      get lost() {
        return session.lost;
      },
      query: (text, parameters, once) => noted(session.query(text, parameters, once)),
      ...(copyIn && { copyIn: (text, rows) => noted(copyIn.call(session, text, rows)) }),
      ...(copyOut && { copyOut: (text) => noted(copyOut.call(session, text)) }),
      users: (text, parameters) => noted(session.users(text, parameters)),
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  ask(text: string, parameters: readonly Parameter[]): Promise<Result> {
    return this.#inTurn(() => this.#noting.query(text, parameters));
  }

  tell(text: string, parameters: readonly Parameter[]): Promise<Result> {
    return this.ask(text, parameters);
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#noting));
  }

  write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#noting));
  }

  consistently<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#noting));
  }

  atomically<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#inSavepoint(() => work(this.#session)));
  }

  /** Runs a statement of the user. */
  users(text: string, parameters: readonly unknown[]): Promise<Record<string, unknown>[]> {
    return this.#inTurn(() => this.#noting.users(text, parameters));
  }

  /** Runs a body in a savepoint, as a transaction in this one. */
  nested<T>(body: (inner: TransactionExecutor) => Promise<T>): Promise<T> {
    return this.#inTurn(() =>
      this.#inSavepoint(() => new TransactionExecutor(this.#session, this, this.#depth + 1).run(body)),
    );
  }

  /** Runs the body of this transaction. Its end is the end of what may be done here. */
  async run<T>(body: (executor: TransactionExecutor) => Promise<T>): Promise<T> {
    const { signal } = this.#ending;
    const stop = onAbort(this.#outer, (reason) => this.#ending.abort(reason));
    try {
      signal.throwIfAborted();
      const result = await unlessAborted(
        inPlace(this, () => body(this)),
        signal,
      );
      // What the body has not awaited belongs to the transaction too.
      await this.#last;
      if (this.#failure) throw this.#failure.error;
      return result;
    } finally {
      stop();
      this.#ended = true;
      this.#ending.abort(endedError());
      // The rest of a call would run on a connection that others use.
      await this.#last;
    }
  }

  async #inSavepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `kohakuvault_${this.#depth}`;
    await this.#noting.query(`SAVEPOINT ${name}`);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // If that fails too, it is noted, and the whole transaction has failed.
      await this.#noting.query(`ROLLBACK TO ${name}`).then(
        () => this.#noting.query(`RELEASE ${name}`),
        () => {},
      );
      throw error;
    }
    await this.#noting.query(`RELEASE ${name}`);
    return result;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = async () => {
      this.#checkUsable();
      return await work();
    };
    try {
      checkPlace(this);
    } catch (error) {
      return Promise.reject(error);
    }
    const result = this.#last.then(turn);
    this.#last = result.catch(() => {});
    return result;
  }

  #checkUsable(): void {
    if (this.#ended) throw endedError();
    if (this.#failure) {
      throw new KohakuVaultError(
        `a statement of the transaction has failed (${messageOf(this.#failure.error)}), so it will be rolled back; ` +
          'to go on after a failure, put what may fail into a transaction of its own: tx.transaction(...)',
        { cause: this.#failure.error },
      );
    }
  }
}

function endedError(): KohakuVaultError {
  return new KohakuVaultError('the transaction has ended; use a vault of the store', { code: 'KV_CLOSED' });
}
