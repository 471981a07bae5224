import { onAbort } from '@kohakuvault/kvault/internal';
import type { VaultContext } from '../kvault/vault-context.ts';

/** Has `end` called when the vault closes, and when the signal is aborted. The function returned unregisters it. */
export function endWith(
  context: VaultContext,
  signal: AbortSignal | undefined,
  end: (reason: Error) => void,
): () => void {
  const unregister = context.register(end);
  const stopListening = onAbort(signal, end);
  return () => {
    unregister();
    stopListening();
  };
}

/** Returns a signal that is aborted with the given one, and when the vault closes. `release` it in the end. */
export function signalWith(
  context: VaultContext,
  given: AbortSignal | undefined,
): { signal: AbortSignal; release: () => void } {
  const closing = new AbortController();
  const release = endWith(context, given, (reason) => closing.abort(reason));
  return { signal: closing.signal, release };
}
