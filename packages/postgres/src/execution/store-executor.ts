import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { isConflict, isUnavailable, isUnknownOutcome, isUnsent, unknownOutcome } from '../client/driver-errors.ts';
import { type RetryPolicy, withRetries } from '../client/retries.ts';
import type { ClientPool, Mode, Parameter, Result, Session } from '../client/session.ts';
import { ServerNews } from '../news/server-news.ts';
import { Closing } from './closing.ts';
import type { Executor } from './executor.ts';
import { checkPlace } from './place.ts';

/** Runs statements on the connections of a pool, and tries again what is safe to try again. */
export class StoreExecutor implements Executor {
  readonly parent = undefined;
  readonly ended = false;
  readonly inTransaction = false;
  readonly news: ServerNews;
  readonly closing = new Closing();
  readonly #pool: ClientPool;
  readonly #policy: RetryPolicy;
  #open = true;
  #closed: Promise<void> | undefined;

  constructor(pool: ClientPool, policy: RetryPolicy) {
    this.#pool = pool;
    this.#policy = policy;
    this.news = new ServerNews(pool.listen);
  }

  get open(): boolean {
    return this.#open;
  }

  ask(text: string, parameters: readonly Parameter[]): Promise<Result> {
    return this.#asked(text, parameters, 'read');
  }

  tell(text: string, parameters: readonly Parameter[]): Promise<Result> {
    return this.#asked(text, parameters, 'write');
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#retried(isWorthRetrying, () => this.#pool.use(work));
  }

  write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#retried(isWorthRetrying, () =>
      this.#pool.use(async (session) => {
        try {
          return await work(session);
        } catch (error) {
          // If only the answer got lost, the server has done it.
          throw session.lost && isUnavailable(error) && !isUnsent(error as KohakuVaultError)
            ? unknownOutcome(error)
            : error;
        }
      }),
    );
  }

  atomically<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.transaction('ISOLATION LEVEL READ COMMITTED', work);
  }

  consistently<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.transaction('ISOLATION LEVEL REPEATABLE READ READ ONLY', work);
  }

  /** Runs a transaction, again if the server has undone it or the connection was lost before its COMMIT. */
  transaction<T>(mode: Mode, body: (session: Session) => Promise<T>): Promise<T> {
    let session: Session | undefined;
    return this.#retried(
      // What is thrown when the connection is lost may be anything: the body may have made another error of it.
      (error) =>
        isWorthRetrying(error) || (session?.lost === true && !isUnknownOutcome(error) && !this.closing.signal.aborted),
      () => {
        session = undefined;
        return this.#pool.transaction(mode, (given) => {
          session = given;
          return body(given);
        });
      },
    );
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    await this.closing.begin();
    await this.news.close();
    this.#open = false;
    await this.#pool.end();
  }

  async #asked(text: string, parameters: readonly Parameter[], kind: 'read' | 'write'): Promise<Result> {
    this.#check();
    try {
      return await this.#pool.ask(text, parameters, kind);
    } catch (error) {
      const again = () => this.#pool.ask(text, parameters, kind);
      return await withRetries(this.#policy, isWorthRetrying, again, { error });
    }
  }

  async #retried<T>(isWorth: (error: unknown) => boolean, attempt: () => Promise<T>): Promise<T> {
    this.#check();
    return await withRetries(this.#policy, isWorth, attempt);
  }

  #check(): void {
    if (!this.#open) throw new KohakuVaultError('the store is closed; connect again', { code: 'KV_CLOSED' });
    checkPlace(this);
  }
}

function isWorthRetrying(error: unknown): boolean {
  return isConflict(error) || (isUnavailable(error) && !isUnknownOutcome(error));
}
