import type { ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import type { Worker } from 'node:worker_threads';

/** A process with a channel, or a worker thread. */
export type Sender = ChildProcess | Worker;

const messages = new WeakMap<Sender, AsyncIterator<unknown[]>>();

/**
 * Keeps the messages of a process or thread until `message` returns them. Call it when it starts. A process that ends
 * before it sends anything is then an error at once; a wait by `once` would last until the time limit of the test.
 */
export function keepMessages<S extends Sender>(sender: S): S {
  // The channel of a process ends after its last message; its exit may be seen before that.
  messages.set(sender, on(sender, 'message', { close: ['pid' in sender ? 'disconnect' : 'exit'] }));
  return sender;
}

/** Returns the next message of a process or thread whose messages are kept. Throws if it ends instead. */
export async function message(sender: Sender): Promise<unknown> {
  const kept = messages.get(sender);
  if (!kept) throw new Error('call keepMessages when the process or thread starts');
  const { done, value } = await kept.next();
  if (done) throw new Error('the process or thread ended before it sent a message');
  return value[0];
}
