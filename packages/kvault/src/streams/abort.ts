/**
 * Calls `act` with the signal's reason when the signal is aborted, at once if it is already. The function returned
 * stops that.
 */
export function onAbort(signal: AbortSignal | undefined, act: (reason: Error) => void): () => void {
  if (!signal) return () => {};
  const listener = () => act(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Returns a controller whose signal any number of calls listen to. Node 20 warns of more than ten. */
export function sharedAbort(): AbortController {
  const controller = new AbortController();
  process.getBuiltinModule('node:events').setMaxListeners(0, controller.signal);
  return controller;
}

/** Settles as the promise does, or rejects with the signal's reason if that comes first: a source may hang. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, reject);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}
