import { useState } from 'preact/hooks';
import type { KeyRef } from '../../src/api/types.ts';
import { PlanDialog } from '../changes/plan-dialog.tsx';
import { keyText, textKey } from '../client/keys.ts';
import { Dialog } from '../ui/dialog.tsx';

/** Asks for a key and its value as typed JSON, and then shows what would be stored. */
export function NewKeyDialog(props: { table: string; prefix: KeyRef; close: () => void; done: (key: KeyRef) => void }) {
  const [key, setKey] = useState(keyText(props.prefix));
  const [json, setJson] = useState('{}');
  const [review, setReview] = useState(false);
  if (review) {
    return (
      <PlanDialog
        title="Store this value?"
        request={{ kind: 'set', table: props.table, key: textKey(key), json }}
        action="Store"
        close={props.close}
        done={() => props.done(textKey(key))}
      />
    );
  }
  return (
    <Dialog title="New key" close={props.close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setReview(true);
        }}
      >
        <label class="labeled above">
          Key
          <input class="field mono" value={key} required onInput={({ currentTarget }) => setKey(currentTarget.value)} />
        </label>
        <label class="labeled above">
          Value, as typed JSON
          <textarea
            class="field"
            rows={8}
            value={json}
            spellcheck={false}
            onInput={({ currentTarget }) => setJson(currentTarget.value)}
          />
        </label>
        <div class="toolbar modal-actions">
          <button type="button" class="button" onClick={props.close}>
            Cancel
          </button>
          <button type="submit" class="button main">
            Review
          </button>
        </div>
      </form>
    </Dialog>
  );
}
