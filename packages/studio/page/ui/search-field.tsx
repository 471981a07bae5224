import { useEffect, useRef } from 'preact/hooks';
import { useKeys } from '../lib/keyboard.ts';
import { Icon } from './icon.tsx';

/** The field that `/` goes to. Escape leaves it. */
export function SearchField(props: {
  label: string;
  placeholder: string;
  value: string;
  change: (value: string) => void;
  submit?: () => void;
  list?: string;
}) {
  const field = useRef<HTMLInputElement>(null);
  useKeys('Search', [
    { key: '/', what: props.label, run: () => field.current?.select() },
    { key: 'Escape', what: 'Leave the field', inFields: true, run: () => leave() },
  ]);
  // A value that changes elsewhere (Back, a link) shows in the field; what is being typed is not disturbed.
  useEffect(() => {
    if (field.current && field.current.value !== props.value) field.current.value = props.value;
  }, [props.value]);
  return (
    <div class="search-field">
      <Icon name="search" />
      <input
        ref={field}
        class="field"
        type="search"
        aria-label={props.label}
        placeholder={props.placeholder}
        defaultValue={props.value}
        list={props.list}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => props.change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') props.submit?.();
        }}
      />
    </div>
  );
}

function leave(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
