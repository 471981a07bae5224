import type { ColumnElement } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { copyText } from '../ui/copy.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { ValueTree } from '../values/value-tree.tsx';

/** One element of a column, in full, and the code that reads it. */
export function ElementDialog({ name, row, close }: { name: string; row: number; close: () => void }) {
  const { file } = useHere();
  const element = useResource(JSON.stringify([file.id, name, row]), (signal) =>
    get<ColumnElement>(apiAddress('columnElement', file.id, { name, row }), signal),
  );
  const code = element.data?.code;
  return (
    <Dialog title={`${name}, row ${count(row)}`} close={close}>
      {element.loading && <Loading />}
      {element.error ? (
        <ErrorState error={shownError(element.error)} retry={element.reload} />
      ) : (
        element.data && <ValueTree node={element.data.node} />
      )}
      <div class="toolbar modal-actions">
        {code && (
          <button type="button" class="button" onClick={() => copyText(code.typescript, 'TypeScript')}>
            <Icon name="copy" />
            TypeScript
          </button>
        )}
        {code?.python && (
          <button type="button" class="button" onClick={() => copyText(code.python ?? '', 'Python')}>
            <Icon name="copy" />
            Python
          </button>
        )}
        <button type="button" class="button main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
