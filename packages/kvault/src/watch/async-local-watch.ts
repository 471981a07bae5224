import { failedIteration, StartedIteration } from '@kohakuvault/core-native/internal';
import type { AsyncChange, AsyncWatch } from './async-watch.ts';
import type { Watch } from './watch.ts';

/** Begins a watch of this thread. What that throws is for who asks for the first change. */
export function asyncWatch<K, V>(begin: () => Watch<K, V>): AsyncWatch<K, V> {
  let watch: Watch<K, V>;
  try {
    watch = begin();
  } catch (error) {
    return failedIteration(error);
  }
  async function* changes(): AsyncGenerator<AsyncChange<K, V>, void, undefined> {
    for await (const change of watch) {
      const { key, kind, position } = change;
      yield { key, kind, position, value: async () => change.value() };
    }
  }
  return new StartedIteration({ close: () => watch.return() }, changes(), {
    begun: Promise.resolve(),
    position: () => watch.position,
  });
}
