import { LiveIteration, type Waiting } from './live-iteration.ts';

/** How an iteration begins that begins later, or elsewhere. */
export interface IterationStart<P> {
  readonly begun: Promise<void>;
  /** Returns the place after the last item that the iteration has returned, once it has begun. */
  readonly position: () => P;
}

/** An iteration that begins later, or elsewhere, and knows its place then. */
export class StartedIteration<T, P> extends LiveIteration<T> {
  readonly begun: Promise<void>;
  readonly #position: () => P;

  constructor(waiting: Waiting, items: AsyncGenerator<T, void, undefined>, { begun, position }: IterationStart<P>) {
    super(waiting, items);
    // The error is for who asks for it, or for the first item.
    begun.catch(() => {});
    this.begun = begun;
    this.#position = position;
  }

  async position(): Promise<P> {
    await this.begun;
    return this.#position();
  }
}

/** Returns an iteration that could not begin. The error is for who asks for the first item, the place or the beginning. */
export function failedIteration<T, P>(error: unknown): StartedIteration<T, P> {
  const position = () => {
    throw error;
  };
  return new StartedIteration<T, P>({ close() {} }, failing(error), { begun: Promise.reject(error), position });
}

async function* failing(error: unknown): AsyncGenerator<never, void, undefined> {
  yield Promise.reject(error);
}
