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
  /** What was typed and has not come back as the value yet: the value is behind while somebody types. */
  const typed = useRef<string[]>([]);
  // A value that changes elsewhere (Back, a link) shows in the field; what is being typed is not disturbed.
  useEffect(() => {
    const place = typed.current.indexOf(props.value);
    typed.current.splice(0, place < 0 ? typed.current.length : place + 1);
    if (place < 0 && field.current && field.current.value !== props.value) field.current.value = props.value;
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
        onInput={(event) => {
          typed.current.push(event.currentTarget.value);
          props.change(event.currentTarget.value);
        }}
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
