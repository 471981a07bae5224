import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Resource<T> {
  /** What was read last; it stays while the next is read. */
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface State<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  readonly of: string;
}

/**
 * Reads something for a component, and again if `key` or `version` changes. Another key cancels what was asked before,
 * so that the server stops too, and hides what is shown, unless `keep` is set. Another version does neither: what is
 * being read is shown when it comes, and read again after that. If it were canceled, a file that changes more often
 * than it can be read would never be shown.
 */
export function useResource<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  { version = 0, keep = false }: { version?: number; keep?: boolean } = {},
): Resource<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: undefined, loading: true, of: '' });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reader = useRef<(wanted: string) => void>(undefined);
  useEffect(() => {
    if (key === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const show = (next: Partial<State<T>>) => {
      if (!signal.aborted) setState((old) => ({ ...old, ...next, of: key }));
    };
    reader.current = readerOf(signal, async () => {
      setState((old) => ({
        data: old.of === key || keep ? old.data : undefined,
        error: undefined,
        loading: true,
        of: key,
      }));
      await latest.current(signal).then(
        (data) => show({ data, error: undefined, loading: false }),
        (error) => show({ data: undefined, error, loading: false }),
      );
    });
    return () => {
      controller.abort();
      reader.current = undefined;
    };
  }, [key, keep]);
  useEffect(() => reader.current?.(`${version}.${turn}`), [key, keep, version, turn]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const isOther = key !== undefined && state.of !== key && !keep;
  return {
    data: isOther ? undefined : state.data,
    error: isOther ? undefined : state.error,
    loading: state.loading,
    reload,
  };
}

/** Returns what reads a wanted version: at once, or else when what is being read has come, and then the latest only. */
function readerOf(signal: AbortSignal, read: () => Promise<void>): (wanted: string) => Promise<void> {
  let latest = '';
  let isReading = false;
  return async (wanted) => {
    latest = wanted;
    if (isReading) return;
    isReading = true;
    for (let asked = ''; asked !== latest && !signal.aborted; ) {
      asked = latest;
      await read();
    }
    isReading = false;
  };
}

/** Returns the value as it was when it last stayed the same for a while: what a person types, without each letter. */
export function useSettled<T>(value: T, milliseconds = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
