import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/**
 * Reads something long in blocks, as they come into view. Blocks that went out of view are let go of, and what is still
 * asked for them is canceled.
 */
export function useBlocks<T>(
  key: string,
  size: number,
  read: (block: number, signal: AbortSignal) => Promise<T>,
  version = 0,
): { at: (block: number) => T | undefined; show: (first: number, end: number) => void; error: unknown } {
  const blocks = useRef(new Map<number, T>());
  const reading = useRef(new Map<number, AbortController>());
  const shown = useRef<readonly [number, number]>([0, 0]);
  const latest = useRef(read);
  latest.current = read;
  const [error, setError] = useState<unknown>();
  const [, redraw] = useState(0);

  const need = useCallback((block: number, again: boolean) => {
    if (reading.current.has(block) || (!again && blocks.current.has(block))) return;
    const controller = new AbortController();
    reading.current.set(block, controller);
    latest
      .current(block, controller.signal)
      .then(
        (content) => {
          if (controller.signal.aborted) return;
          blocks.current.set(block, content);
          setError(undefined);
        },
        (failure) => {
          if (!controller.signal.aborted) setError(failure);
        },
      )
      .finally(() => {
        if (reading.current.get(block) === controller) reading.current.delete(block);
        if (!controller.signal.aborted) redraw((old) => old + 1);
      });
  }, []);

  const show = useCallback(
    (first: number, end: number) => {
      const from = Math.floor(first / size);
      const to = Math.floor(Math.max(first, end - 1) / size);
      shown.current = [from, to];
      for (const [block, controller] of reading.current) {
        if (block >= from - 1 && block <= to + 1) continue;
        controller.abort();
        reading.current.delete(block);
      }
      for (const block of blocks.current.keys()) {
        if (block < from - KEPT || block > to + KEPT) blocks.current.delete(block);
      }
      for (let block = from; block <= to; block++) need(block, false);
    },
    [size, need],
  );

  // Another thing: nothing of the old one is shown.
  useEffect(() => {
    return () => {
      for (const controller of reading.current.values()) controller.abort();
      reading.current.clear();
      blocks.current.clear();
    };
  }, [key]);
  // Another state of the same thing: the old one stays until the new one is there.
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const [from, to] = shown.current;
    for (const block of blocks.current.keys()) if (block < from || block > to) blocks.current.delete(block);
    for (let block = from; block <= to; block++) need(block, true);
  }, [key, version, need]);

  const at = useCallback((block: number) => blocks.current.get(block), []);
  return { at, show, error };
}

/** Blocks that are kept on each side of those in view. */
const KEPT = 20;
