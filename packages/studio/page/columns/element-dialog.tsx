import { useState } from 'preact/hooks';
import type { ColumnElement } from '../../src/api/types.ts';
import { PlanDialog } from '../changes/plan-dialog.tsx';
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
  const { file, canWrite } = useHere();
  const [edited, setEdited] = useState<string>();
  const [isReviewed, setReviewed] = useState(false);
  const element = useResource(JSON.stringify([file.id, name, row]), (signal) =>
    get<ColumnElement>(apiAddress('columnElement', file.id, { name, row }), signal),
  );
  const code = element.data?.code;
  const json = element.data?.json;
  if (isReviewed && edited !== undefined) {
    return (
      <PlanDialog
        title="Store this element?"
        request={{ kind: 'element', column: name, row, json: edited }}
        action="Store"
        close={() => setReviewed(false)}
        done={close}
      />
    );
  }
  if (edited !== undefined) {
    return (
      <Dialog title={`${name}, row ${count(row)}`} close={() => setEdited(undefined)}>
        <label class="labeled above">
          Typed JSON
          <textarea
            class="field element-editor"
            value={edited}
            spellcheck={false}
            onInput={({ currentTarget }) => setEdited(currentTarget.value)}
          />
        </label>
        <div class="toolbar modal-actions">
          <button type="button" class="button" onClick={() => setEdited(undefined)}>
            Cancel
          </button>
          <button type="button" class="button main" onClick={() => setReviewed(true)}>
            Review the change
          </button>
        </div>
      </Dialog>
    );
  }
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
        {canWrite && typeof json === 'string' && (
          <button type="button" class="button" onClick={() => setEdited(json)}>
            <Icon name="edit" />
            Edit
          </button>
        )}
        <button type="button" class="button main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
