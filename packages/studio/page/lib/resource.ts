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
 * Reads something for a component, and again if `key` or `version` changes. What was asked before is canceled, so that
 * the server stops too. Another version keeps what is shown until the new one is there; another key does not, unless
 * `keep` is set.
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
  useEffect(() => {
    if (key === undefined) return;
    const controller = new AbortController();
    setState((old) => ({
      data: old.of === key || keep ? old.data : undefined,
      error: undefined,
      loading: true,
      of: key,
    }));
    latest.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ data, error: undefined, loading: false, of: key });
      },
      (error) => {
        if (!controller.signal.aborted) setState({ data: undefined, error, loading: false, of: key });
      },
    );
    return () => controller.abort();
  }, [key, version, turn, keep]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const isOther = key !== undefined && state.of !== key && !keep;
  return {
    data: isOther ? undefined : state.data,
    error: isOther ? undefined : state.error,
    loading: state.loading,
    reload,
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
