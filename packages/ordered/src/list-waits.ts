import { KohakuVaultError, type NativeBinding, nativeCore } from '@kohakuvault/core-native/internal';

/** What ends the waits of this thread, by the number of the wait. */
const pending = new Map<number, () => void>();

/** The core calls this when waits of this thread are over. */
function dispatch(): void {
  for (const wait of nativeCore().binding.listTakeEnded()) pending.get(wait)?.();
}

/** Begins a wait in the core: returns its number, or -1 if what it waits for has happened. */
export type BeginWait = (dispatch: () => void) => number;

/** The waits of one list object that do not block. */
export class ListWaits {
  readonly #native: NativeBinding;
  readonly #closing = new Set<() => void>();

  constructor(native: NativeBinding) {
    this.#native = native;
  }

  /** Resolves to true when the wait is over, and to false after the timeout. */
  add(begin: BeginWait, timeout: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const wait = begin(dispatch);
      if (wait < 0) {
        resolve(true);
        return;
      }
      const forget = () => {
        pending.delete(wait);
        this.#closing.delete(close);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const cancel = () => {
        forget();
        return this.#native.listEndWait(wait);
      };
      const close = () => {
        cancel();
        reject(new KohakuVaultError('this map was closed during waitForChange', { code: 'KV_CLOSED' }));
      };
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      // A wait that the core cannot end any more is over: its change came first.
      const timer = Number.isFinite(timeout) ? setTimeout(() => resolve(!cancel()), timeout) : undefined;
      pending.set(wait, () => {
        forget();
        resolve(true);
      });
      this.#closing.add(close);
      signal?.addEventListener('abort', abort);
    });
  }

  /** Rejects the waits that are not over. */
  close(): void {
    for (const close of this.#closing) close();
  }
}
