import type { Executor } from '../execution/executor.ts';
import type { VaultStructures } from './structures.ts';

/** A vault whose values may share structures. */
interface EncodingContext {
  readonly structures: VaultStructures;
  readonly executor: Executor;
  readonly isReady: boolean;
  ready(): Promise<unknown>;
}

/** Encodes values now, and again if that has shown structures that they can share. */
export async function encodedIn<T>(context: EncodingContext, encode: () => T): Promise<T> {
  const encoded = encode();
  if (!context.isReady) await context.ready();
  const { structures, executor } = context;
  if (!structures.wants) return encoded;
  await structures.share(executor);
  return encode();
}
