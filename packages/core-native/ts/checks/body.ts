import { InvalidArgument } from '../errors/errors.ts';
import { describe } from './options.ts';

/** Refuses a body that is not a function. */
export function checkBody(method: string, body: unknown): asserts body is (...args: never[]) => unknown {
  if (typeof body !== 'function') {
    throw new InvalidArgument(`${method} expects a function, got ${describe(body)}`);
  }
}

/** The same, and refuses an async function before it runs: it would go on after the transaction has ended. */
export function checkSyncBody(method: string, body: unknown): void {
  checkBody(method, body);
  if (body.constructor.name === 'AsyncFunction') throw promiseRefused(method);
}

/** Returns the result of a body, and refuses a promise. */
export function refusePromise<T>(method: string, result: T): T {
  if (isPromise(result)) throw promiseRefused(method);
  return result;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function promiseRefused(method: string): InvalidArgument {
  return new InvalidArgument(
    `${method} expects a function that does not return a promise; await before ${method}(), not inside it`,
  );
}
