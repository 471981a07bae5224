import { type AsyncChange, type AsyncWatch, StartedWatch } from './async-watch.ts';
import type { Watch } from './watch.ts';

/** Begins a watch of this thread. What that throws is for who asks for the first change. */
export function asyncWatch<K, V>(begin: () => Watch<K, V>): AsyncWatch<K, V> {
  let watch: Watch<K, V>;
  try {
    watch = begin();
  } catch (error) {
    const begun = Promise.reject(error);
    return new StartedWatch<K, V>({ close() {} }, failing(error), { begun, position: () => '' });
  }
  async function* changes(): AsyncGenerator<AsyncChange<K, V>, void, undefined> {
    for await (const change of watch) {
      const { key, kind, position } = change;
      yield { key, kind, position, value: async () => change.value() };
    }
  }
  const begun = Promise.resolve();
  return new StartedWatch<K, V>({ close: () => watch.return() }, changes(), {
    begun,
    position: () => watch.position,
  });
}

async function* failing(error: unknown): AsyncGenerator<never, void, undefined> {
  yield Promise.reject(error);
}
