import { useState } from 'preact/hooks';
import type { PlanRequest, ValueView } from '../../src/api/types.ts';
import { useKeys } from '../lib/keyboard.ts';

/** Edits a value as typed JSON, or text as text. What changes is shown before it is stored. */
export function Editor(props: { value: ValueView; close: () => void; review: (request: PlanRequest) => void }) {
  const { value } = props;
  const isText = value.kind === 'text' && value.text !== null && !value.text.cut;
  const [content, setContent] = useState(isText ? (value.text?.v ?? '') : (value.json ?? ''));
  const [key, setKey] = useState(value.key.slice(2));
  const place = { table: value.table, key: value.key };
  const review = () =>
    props.review(isText ? { kind: 'text', ...place, text: content } : { kind: 'set', ...place, json: content });
  useKeys('Editor', [{ key: 'Escape', what: 'Leave the editor', inFields: true, run: props.close }]);
  const isTextKey = value.key.startsWith('t:');
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        review();
      }}
    >
      <label class="labeled above grow">
        {isText ? 'Text' : 'Typed JSON'}
        <textarea
          class="field"
          value={content}
          spellcheck={false}
          onInput={({ currentTarget }) => setContent(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) review();
          }}
        />
      </label>
      <div class="toolbar">
        {isTextKey && (
          <>
            <label class="labeled">
              Key
              <input class="field mono" value={key} onInput={({ currentTarget }) => setKey(currentTarget.value)} />
            </label>
            <button
              type="button"
              class="button"
              disabled={`t:${key}` === value.key}
              onClick={() => props.review({ kind: 'rename', ...place, to: `t:${key}` })}
            >
              Rename
            </button>
          </>
        )}
        <button type="button" class="button push" onClick={props.close}>
          Cancel
        </button>
        <button type="submit" class="button main">
          Review the change
        </button>
      </div>
    </form>
  );
}
