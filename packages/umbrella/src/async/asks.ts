// The side of the thread that has the vaults.
import { receiveMessageOnPort } from 'node:worker_threads';
import { KohakuVaultError } from '@kohakuvault/core-native/internal';
import { type Answer, type Ask, type DirectCalls, type Failure, FUNCTION, type FunctionNumber } from './messages.ts';
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

/** Has the calling thread call functions of its own. */
export class Asks {
  readonly #send: (ask: Ask) => void;
  readonly #calls: DirectCalls;
  readonly #answered: Int32Array;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isClosed = false;

  constructor(send: (ask: Ask) => void, calls: DirectCalls) {
    this.#send = send;
    this.#calls = calls;
    this.#answered = new Int32Array(calls.answered);
  }

  /** Returns arguments with functions where numbers stand for them, in objects of options. */
  withFunctions(args: unknown[]): unknown[] {
    return args.map((arg) => this.#withFunctions(arg));
  }

  /** Refuses what waits for answers, and what asks from now on: the calling thread may never answer. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.values()) waiting.reject(closedError());
    this.#waiting.clear();
  }

  settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.answer);
    this.#waiting.delete(answer.answer);
    try {
      waiting?.resolve(resultOf(answer));
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }

  #withFunctions(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    if (Object.hasOwn(value, FUNCTION)) return this.#functionOf(value as FunctionNumber);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.#withFunctions(member)]));
  }

  #functionOf({ [FUNCTION]: of, isAwaited }: FunctionNumber): (...args: unknown[]) => unknown {
    return isAwaited ? (...args) => this.#callNow(of, args) : (...args) => this.#call(of, args);
  }

  #call(of: number, args: unknown[]): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(closedError());
    const packed = pack(args);
    return new Promise((resolve, reject) => {
      const ask = ++this.#last;
      this.#waiting.set(ask, { resolve, reject });
      this.#send({ ask, of, args: packed });
    });
  }

  #callNow(of: number, args: unknown[]): unknown {
    const { port } = this.#calls;
    Atomics.store(this.#answered, 0, 0);
    port.postMessage({ ask: ++this.#last, of, args: pack(args) } satisfies Ask);
    Atomics.wait(this.#answered, 0, 0);
    return resultOf(receiveMessageOnPort(port)?.message as Answer);
  }
}

function closedError(): KohakuVaultError {
  return new KohakuVaultError('the store was closed while a function of yours was asked; close it after its calls', {
    code: 'KV_CLOSED',
  });
}

function resultOf(answer: Answer): unknown {
  if ('result' in answer) return unpack(answer.result)[0];
  const error = errorFrom(answer.failure);
  askOf.set(error, answer.answer);
  throw error;
}
