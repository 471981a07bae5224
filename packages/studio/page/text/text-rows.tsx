import type { TextRows as Page, TextTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { usePagedRows } from '../client/paged-rows.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { titleOf } from '../values/nodes.ts';

const PAGE = 50;

/** The documents in the order of their ids. */
export function TextRows({ table }: { table: TextTable }) {
  const { file } = useHere();
  const { rows, busy, error, again, more } = usePagedRows(`${file.id} ${table.table}`, (after) =>
    get<Page>(apiAddress('textRows', file.id, { table: table.table, after, limit: PAGE })),
  );
  return (
    <div class="view-body padded">
      {busy && <Loading what="Reading documents" />}
      {error !== undefined && <ErrorState error={shownError(error)} retry={again} />}
      {!busy && rows.length === 0 && error === undefined && (
        <EmptyState title="There are no documents yet">
          <p>
            A program adds the first with <code>texts.insert(text, value)</code>.
          </p>
        </EmptyState>
      )}
      <ol class="hits">
        {rows.map(({ id, texts, value }) => (
          <li key={id}>
            <button type="button" class="hit" onClick={() => changeQuery({ row: id }, { replace: false })}>
              <span class="hit-head">
                <strong>{titleOf(value) ?? `Document ${id}`}</strong>
                <span class="aside">{id}</span>
              </span>
              {Object.entries(texts).map(([column, { text, cut }]) => (
                <span key={column} class="snippet clamped">
                  {Object.keys(texts).length > 1 && <span class="aside">{column}: </span>}
                  {text}
                  {cut && ' …'}
                </span>
              ))}
            </button>
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" class="button" onClick={more}>
          Show more
        </button>
      )}
    </div>
  );
}
