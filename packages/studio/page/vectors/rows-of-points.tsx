import type { VectorRow, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { titleOf } from '../values/nodes.ts';

/** Rows that are read of those that a lasso found. */
const MOST_READ = 40;

export function RowsOfPoints(props: { table: VectorTable; ids: readonly string[]; close: () => void }) {
  const { file } = useHere();
  const { table, ids } = props;
  const first = ids.slice(0, MOST_READ);
  const rows = useResource(JSON.stringify([file.id, table.table, first]), (signal) =>
    Promise.all(
      first.map((id) => get<VectorRow>(apiAddress('vectorRow', file.id, { table: table.table, id }), signal)),
    ),
  );
  return (
    <section class="lasso-rows" aria-label="Vectors in the lasso">
      <div class="toolbar">
        <strong role="status">{counted(ids.length, 'vector')}</strong>
        <button type="button" class="button quiet push" onClick={() => copyText(ids.join('\n'), 'the ids')}>
          <Icon name="copy" />
          Ids
        </button>
        <button type="button" class="button quiet" onClick={props.close} aria-label="Close the list">
          <Icon name="close" />
        </button>
      </div>
      {rows.loading && <Loading />}
      {rows.error ? (
        <ErrorState error={shownError(rows.error)} retry={rows.reload} />
      ) : (
        <ul>
          {rows.data?.map((row) => (
            <li key={row.id}>
              <button type="button" class="match" onClick={() => changeQuery({ row: row.id }, { replace: false })}>
                <span class="aside">{row.id}</span>
                <span>{titleOf(row.value) ?? row.id}</span>
              </button>
            </li>
          ))}
          {ids.length > first.length && <li class="about">and {count(ids.length - first.length)} more</li>}
        </ul>
      )}
    </section>
  );
}
