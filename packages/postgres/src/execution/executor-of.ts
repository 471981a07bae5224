import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Executor } from './executor.ts';

const executors = new WeakMap<object, Executor>();

/** Notes what runs the statements of a transaction that a user gets. */
export function noteExecutor(transaction: object, executor: Executor): void {
  executors.set(transaction, executor);
}

/** Returns what runs the statements of a transaction. */
export function executorOf(transaction: object): Executor {
  const executor = executors.get(transaction);
  if (executor) return executor;
  throw new InvalidArgument('expected the transaction that the body of store.transaction gets');
}
