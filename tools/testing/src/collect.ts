import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects garbage at once, on the runtimes that can. */
export const collect: () => void = collector();

function collector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc: (isSynchronous: boolean) => void } };
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
