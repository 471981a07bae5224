import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Ask, type Failure, FUNCTION, type Request } from './messages.ts';
import { errorFrom, failureOf, pack, unpack } from './packing.ts';

/** How many errors of functions are kept until the thread passes them on, which it may not do. */
const KEPT_ERRORS = 64;

type AnyFunction = (...args: never[]) => unknown;

/** Functions of this thread that the thread with the vaults calls. */
export class Callbacks {
  readonly #send: (answer: Request) => void;
  readonly #functions = new Map<number, AnyFunction>();
  readonly #thrown = new Map<number, unknown>();
  #last = 0;

  constructor(send: (answer: Request) => void) {
    this.#send = send;
  }

  /** Returns what stands for a function in the arguments of a call. */
  add(called: AnyFunction): { [FUNCTION]: number } {
    const number = ++this.#last;
    this.#functions.set(number, called);
    return { [FUNCTION]: number };
  }

  remove({ [FUNCTION]: number }: { [FUNCTION]: number }): void {
    this.#functions.delete(number);
  }

  /** Calls a function for the thread, which waits for the answer. */
  async answer({ ask, of, args }: Ask): Promise<void> {
    let answer: Request;
    try {
      const called = this.#functions.get(of);
      if (!called) throw new KohakuVaultError('the vault has been closed; open it again', { code: 'KV_CLOSED' });
      answer = { answer: ask, result: pack([await called(...(unpack(args) as never[]))]) };
    } catch (error) {
      this.#keep(ask, error);
      answer = { answer: ask, failure: failureOf(error) };
    }
    this.#send(answer);
  }

  /** Returns the error of the thread: the very one that a function of this thread has thrown, if it came from that. */
  errorOf(failure: Failure): unknown {
    const { thrown } = failure;
    if (thrown === undefined || !this.#thrown.has(thrown)) return errorFrom(failure);
    const error = this.#thrown.get(thrown);
    this.#thrown.delete(thrown);
    return error;
  }

  #keep(ask: number, error: unknown): void {
    this.#thrown.set(ask, error);
    if (this.#thrown.size <= KEPT_ERRORS) return;
    for (const oldest of this.#thrown.keys()) {
      this.#thrown.delete(oldest);
      return;
    }
  }
}
