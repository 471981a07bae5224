import type { VectorRows as Page, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { usePagedRows } from '../client/paged-rows.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { VectorTableRows } from './vector-table-rows.tsx';

const PAGE = 100;

/** The rows of a table in the order of their ids. */
export function VectorRows({ table }: { table: VectorTable }) {
  const { file } = useHere();
  const { rows, busy, error, again, more } = usePagedRows(`${file.id} ${table.table}`, (after) =>
    get<Page>(apiAddress('vectorRows', file.id, { table: table.table, after, limit: PAGE })),
  );
  return (
    <div class="view-body">
      {busy && <Loading what="Reading rows" />}
      {error !== undefined && <ErrorState error={shownError(error)} retry={again} />}
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
      {more && (
        <button type="button" class="button more" onClick={more}>
          Show more
        </button>
      )}
    </div>
  );
}
