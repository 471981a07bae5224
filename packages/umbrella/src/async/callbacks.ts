import type { MessagePort } from 'node:worker_threads';
import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Answer, type Ask, type Failure, FUNCTION, type FunctionNumber } from './messages.ts';
import { errorFrom, failureOf, pack, unpack } from './packing.ts';

/** How many errors of functions are kept until the thread passes them on, which it may not do. */
const KEPT_ERRORS = 64;

type AnyFunction = (...args: never[]) => unknown;

/** Functions of this thread that the thread with the vaults calls. */
export class Callbacks {
  readonly #functions = new Map<number, AnyFunction>();
  readonly #thrown = new Map<number, unknown>();
  #last = 0;

  /** Returns what stands for a function. The thread gets a promise of what it returns, or waits for that. */
  add(called: AnyFunction, isAwaited: boolean): FunctionNumber {
    const number = ++this.#last;
    this.#functions.set(number, called);
    return { [FUNCTION]: number, isAwaited };
  }

  /** Returns options with what stands for the functions among them, which the thread waits for, and these numbers. */
  withNumbers<O extends object>(options: O): { options: O; numbers: FunctionNumber[] } {
    const numbers: FunctionNumber[] = [];
    const numbered = (value: unknown): unknown => {
      if (typeof value === 'function') {
        const number = this.add(value as AnyFunction, true);
        numbers.push(number);
        return number;
      }
      // The functions of an encoding.
      if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
        return value;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, numbered(member)]));
    };
    return { options: numbered({ ...options }) as O, numbers };
  }

  remove({ [FUNCTION]: number }: FunctionNumber): void {
    this.#functions.delete(number);
  }

  /** Calls a function for the thread. */
  async answer({ ask, of, args }: Ask): Promise<Answer> {
    try {
      return { answer: ask, result: pack([await this.#call(of, args)]) };
    } catch (error) {
      return this.#failed(ask, error);
    }
  }

  /** Does the same at once, for the thread that waits at `port`. */
  answerNow({ ask, of, args }: Ask, port: MessagePort, answered: Int32Array): void {
    let answer: Answer;
    try {
      const result = this.#call(of, args);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
        void Promise.resolve(result as PromiseLike<unknown>).catch(() => {});
        throw new InvalidArgument('a function got called that returns a promise, and nobody waits for that here');
      }
      answer = { answer: ask, result: pack([result]) };
    } catch (error) {
      answer = this.#failed(ask, error);
    }
    port.postMessage(answer);
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  }

  /** Returns the error of the thread: the very one that a function of this thread has thrown, if it came from that. */
  errorOf(failure: Failure): unknown {
    const { thrown } = failure;
    if (thrown === undefined || !this.#thrown.has(thrown)) return errorFrom(failure);
    const error = this.#thrown.get(thrown);
    this.#thrown.delete(thrown);
    return error;
  }

  #call(of: number, args: Uint8Array): unknown {
    const called = this.#functions.get(of);
    if (called) return called(...(unpack(args) as never[]));
    throw new KohakuVaultError('the vault has been closed; open it again', { code: 'KV_CLOSED' });
  }

  #failed(ask: number, error: unknown): Answer {
    this.#thrown.set(ask, error);
    const [oldest] = this.#thrown.keys();
    if (this.#thrown.size > KEPT_ERRORS) this.#thrown.delete(oldest as number);
    return { answer: ask, failure: failureOf(error) };
  }
}
