import { useEffect, useState } from 'preact/hooks';
import type { VectorRows as Page, VectorRow, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { VectorTableRows } from './vector-table-rows.tsx';

const PAGE = 100;

/** The rows of a table in the order of their ids. */
export function VectorRows({ table }: { table: VectorTable }) {
  const { file } = useHere();
  const [rows, setRows] = useState<readonly VectorRow[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<unknown>();
  const read = async (after: string | undefined, old: readonly VectorRow[]) => {
    setBusy(true);
    try {
      const page = await get<Page>(apiAddress('vectorRows', file.id, { table: table.table, after, limit: PAGE }));
      setRows([...old, ...page.rows]);
      setNext(page.next);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  useEffect(() => void read(undefined, []), [file.id, table.table]);
  return (
    <div class="view-body">
      {busy && <Loading what="Reading rows" />}
      {error !== undefined && <ErrorState error={shownError(error)} retry={() => read(undefined, [])} />}
      {!busy && rows.length === 0 && error === undefined ? (
        <EmptyState title="There are no vectors yet">
          <p>
            A program adds the first with <code>vault.insert(vector, value)</code>.
          </p>
        </EmptyState>
      ) : (
        <VectorTableRows
          table={table}
          rows={rows.map((row) => ({ ...row, distance: undefined }))}
          open={(id) => changeQuery({ row: id }, { replace: false })}
        />
      )}
      {next !== null && !busy && (
        <button type="button" class="button more" onClick={() => read(next, rows)}>
          Show more
        </button>
      )}
    </div>
  );
}
