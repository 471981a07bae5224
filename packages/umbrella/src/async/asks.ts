// The side of the thread that has the vaults.
import { type Ask, type Failure, FUNCTION } from './messages.ts';
import { errorFrom, failureOf, pack, unpack } from './packing.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Which call of a function of the calling thread has thrown an error. */
const askOf = new WeakMap<Error, number>();

/** Returns a failure as the calling thread gets it. It has the error itself if a function of its own has thrown that. */
export function failureOfCall(error: unknown): Failure {
  const thrown = typeof error === 'object' && error !== null ? askOf.get(error as Error) : undefined;
  return { ...failureOf(error), thrown };
}

/** Has the calling thread call functions of its own, and waits for what they return. */
export class Asks {
  readonly #send: (ask: Ask) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(send: (ask: Ask) => void) {
    this.#send = send;
  }

  /** Returns arguments with functions where numbers stand for them, in objects of options. */
  withFunctions(args: unknown[]): unknown[] {
    return args.map((arg) => {
      if (typeof arg !== 'object' || arg === null || Object.getPrototypeOf(arg) !== Object.prototype) return arg;
      return Object.fromEntries(Object.entries(arg).map(([name, value]) => [name, this.#withFunction(value)]));
    });
  }

  settle(ask: number, answer: { readonly result: Uint8Array } | { readonly failure: Failure }): void {
    const waiting = this.#waiting.get(ask);
    this.#waiting.delete(ask);
    if ('result' in answer) {
      waiting?.resolve(unpack(answer.result)[0]);
      return;
    }
    const error = errorFrom(answer.failure);
    askOf.set(error, ask);
    waiting?.reject(error);
  }

  #withFunction(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, FUNCTION)) return value;
    const of = (value as { [FUNCTION]: number })[FUNCTION];
    return (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const ask = ++this.#last;
        const packed = pack(args);
        this.#waiting.set(ask, { resolve, reject });
        this.#send({ ask, of, args: packed });
      });
  }
}
