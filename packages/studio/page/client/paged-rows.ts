import { useEffect, useState } from 'preact/hooks';

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface PagedRows<Row> {
  /** What was read so far. */
  readonly rows: readonly Row[];
  readonly busy: boolean;
  readonly error: unknown;
  /** Reads from the beginning. */
  readonly again: () => void;
  /** Reads the next page. Undefined if there is none, or while a page is read. */
  readonly more: (() => void) | undefined;
}

/** Reads rows a page at a time, and from the beginning if the key changes. */
export function usePagedRows<Row>(
  key: string,
  load: (after: string | undefined) => Promise<Page<Row>>,
): PagedRows<Row> {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<unknown>();
  const read = async (after: string | undefined, old: readonly Row[]) => {
    setBusy(true);
    try {
      const page = await load(after);
      setRows([...old, ...page.rows]);
      setNext(page.next);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  useEffect(() => void read(undefined, []), [key]);
  return {
    rows,
    busy,
    error,
    again: () => void read(undefined, []),
    more: next === null || busy ? undefined : () => void read(next, rows),
  };
}
