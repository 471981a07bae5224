/** Stands for what a step of a transaction will have returned when the transaction has been committed. */
export class Later<T> {
  /** The number of the step. */
  readonly step: number;
  /** For the type alone. */
  declare readonly result: T;

  /** @internal */
  constructor(step: number) {
    this.step = step;
  }
}

/** What becomes of the result of a transaction's body: the results of the steps are in their places. */
export type Settled<R> =
  R extends Later<infer T>
    ? T
    : R extends readonly unknown[] | Record<string, unknown>
      ? { [P in keyof R]: Settled<R[P]> }
      : R;

/** Puts the results of the steps in their places, in arrays and plain objects. */
export function settle(given: unknown, results: readonly unknown[]): unknown {
  if (given instanceof Later) return results[given.step];
  if (Array.isArray(given)) return given.map((one) => settle(one, results));
  if (typeof given !== 'object' || given === null || Object.getPrototypeOf(given) !== Object.prototype) return given;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, settle(value, results)]));
}
