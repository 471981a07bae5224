import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { VectorLike } from '@kohakuvault/vector/internal';

/** Returns a vector for each text. */
export type Embed = (texts: string[]) => readonly VectorLike[] | Promise<readonly VectorLike[]>;

/** The most texts that a model gets at once. */
export const EMBEDDED_AT_ONCE = 64;

/** Has a model make a vector of each text, some at a time. An aborted signal ends the wait for it. */
export async function embedAll(embed: Embed, texts: readonly string[], signal?: AbortSignal): Promise<VectorLike[]> {
  const vectors: VectorLike[] = [];
  for (let start = 0; start < texts.length; start += EMBEDDED_AT_ONCE) {
    signal?.throwIfAborted();
    const some = texts.slice(start, start + EMBEDDED_AT_ONCE);
    const made: unknown = await untilAborted(embed(some), signal);
    if (!Array.isArray(made) || made.length !== some.length) {
      throw new InvalidArgument(
        `embed returned ${describe(made)}; expected an array with a vector for each of ${some.length} texts`,
      );
    }
    for (const vector of made) vectors.push(vector);
  }
  return vectors;
}

/** Waits for what a model returns, or until the signal is aborted. */
function untilAborted<T>(made: T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return Promise.resolve(made);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const end = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(made).then(resolve, reject).finally(end);
  });
}
