import type { TextRow } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { useResource } from '../lib/resource.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { ValueTree } from '../values/value-tree.tsx';

export function TextRowDialog({ table, id, close }: { table: string; id: string; close: () => void }) {
  const { file } = useHere();
  const row = useResource(JSON.stringify([file.id, table, id]), (signal) =>
    get<TextRow>(apiAddress('textRow', file.id, { table, id }), signal),
  );
  const { data } = row;
  return (
    <Dialog title={`Document ${id}`} close={close}>
      {row.loading && <Loading />}
      {row.error ? (
        <ErrorState error={shownError(row.error)} retry={row.reload} />
      ) : (
        data && (
          <>
            {Object.entries(data.texts).map(([column, { text }]) => (
              <section key={column} class="full-text">
                <h3 class="aside">{column}</h3>
                <p>{text}</p>
              </section>
            ))}
            <h3 class="aside">value</h3>
            <ValueTree node={data.value} />
          </>
        )
      )}
      <div class="toolbar modal-actions">
        <button type="button" class="button main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
