import type { Parameter, Result, Session } from '../client/session.ts';
import type { ServerNews } from '../news/server-news.ts';
import type { Closing } from './closing.ts';
import type { Place } from './place.ts';

/** Runs the statements of a vault: on a store, or in a transaction. Its errors are ours. */
export interface Executor extends Place {
  readonly inTransaction: boolean;
  /** What others tell. Undefined in a transaction, where nobody waits for that. */
  readonly news: ServerNews | undefined;
  /** The end of the store. */
  readonly closing: Closing;
  /** Runs one statement that reads, in the shortest way. */
  ask(text: string, parameters: readonly Parameter[]): Promise<Result>;
  /** Runs one statement that writes, in the shortest way. */
  tell(text: string, parameters: readonly Parameter[]): Promise<Result>;
  /** Runs one statement that reads, or that may run twice without harm. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs one statement that writes. */
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs several statements, all or none. They may run again. */
  atomically<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs several statements that read one state. */
  consistently<T>(work: (session: Session) => Promise<T>): Promise<T>;
}
