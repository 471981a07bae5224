import { Later } from './later.ts';
import type { CallStep } from './messages.ts';
import { withoutWrapper } from './packing.ts';
import type { Remote } from './remote.ts';

/** The calls whose arguments behind the key may be in a wrapper. */
const WITH_VALUES = new Set(['set', 'setDefault', 'setIfAbsent', 'compareAndSet']);

/** Collects the steps of a transaction, which go to the thread in one message. */
export class TransactionSteps {
  readonly #steps: CallStep[] = [];

  /** @internal */
  get steps(): readonly CallStep[] {
    return this.#steps;
  }

  /** @internal */
  add(remote: Remote, method: string, args: unknown[]): Later<unknown> {
    const given = WITH_VALUES.has(method) ? args.map((arg, at) => (at === 0 ? arg : withoutWrapper(arg))) : args;
    this.#steps.push(remote.step(method, method === 'setMany' ? [pairs(args[0]), ...args.slice(1)] : given));
    return new Later(this.#steps.length - 1);
  }
}

function pairs(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry) => (Array.isArray(entry) ? [entry[0], withoutWrapper(entry[1])] : entry));
}
