/** A function whose result is not a promise: a transaction would end before the promise is settled. */
export type SyncBody<T> = () => SyncResult<T>;

/** Nothing is assignable to it, and the compiler's message shows it. */
interface PromiseRefused {
  'await before the body, not inside it': never;
}

export type SyncResult<T> = T extends PromiseLike<unknown> ? PromiseRefused : T;
