import type { VectorRow, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { number } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { copyText } from '../ui/copy.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { cellOf } from '../values/nodes.ts';
import { ValueTree } from '../values/value-tree.tsx';

/** One vector: its value, its fields and its elements. */
export function VectorRowDialog({ table, id, close }: { table: VectorTable; id: string; close: () => void }) {
  const { file } = useHere();
  const row = useResource(JSON.stringify([file.id, table.table, id]), (signal) =>
    get<VectorRow>(apiAddress('vectorRow', file.id, { table: table.table, id }), signal),
  );
  const { data } = row;
  const fields = Object.entries(data?.fields ?? {});
  return (
    <Dialog title={`Vector ${id}`} close={close}>
      {row.loading && <Loading />}
      {row.error ? (
        <ErrorState error={shownError(row.error)} retry={row.reload} />
      ) : (
        data && (
          <>
            {fields.length > 0 && (
              <dl class="facts">
                {fields.map(([name, node]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{cellOf(node)}</dd>
                  </div>
                ))}
              </dl>
            )}
            <ValueTree node={data.value} />
            <Elements vector={data.vector} />
          </>
        )
      )}
      <div class="toolbar modal-actions">
        {data && (
          <button type="button" class="button" onClick={() => copyText(JSON.stringify(data.vector), 'the vector')}>
            <Icon name="copy" />
            Vector
          </button>
        )}
        <button
          type="button"
          class="button"
          onClick={() => changeQuery({ row: undefined, tab: 'search', by: 'id', id }, { replace: false })}
        >
          <Icon name="search" />
          Nearest to this
        </button>
        <button type="button" class="button main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

const HEIGHT = 60;
/** More elements than this are not told apart at the width of a dialog. */
const MOST_BARS = 600;

function Elements({ vector }: { vector: readonly number[] }) {
  const shown = vector.slice(0, MOST_BARS);
  const most = Math.max(...shown.map(Math.abs), Number.MIN_VALUE);
  const width = 600 / Math.max(1, shown.length);
  return (
    <figure class="elements">
      <svg
        viewBox={`0 0 600 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`The ${vector.length} elements of the vector`}
      >
        {shown.map((value, index) => {
          const height = (Math.abs(value) / most) * (HEIGHT / 2);
          return (
            <rect
              key={index}
              x={index * width}
              y={value >= 0 ? HEIGHT / 2 - height : HEIGHT / 2}
              width={Math.max(0.6, width * 0.8)}
              height={height}
              fill={value >= 0 ? 'var(--series-1)' : 'var(--series-6)'}
            />
          );
        })}
      </svg>
      <figcaption class="about mono">
        [{vector.slice(0, 8).map(number).join(', ')}
        {vector.length > 8 && ', …'}]
      </figcaption>
    </figure>
  );
}
