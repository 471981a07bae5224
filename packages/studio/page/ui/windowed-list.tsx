import type { ComponentChildren } from 'preact';
import { VirtualRows } from './virtual-rows.tsx';

/**
 * A list to choose from. It has the focus for all of its rows, and tells screen readers which is active.
 */
export function WindowedList(props: {
  label: string;
  count: number;
  rowHeight: number;
  active: number;
  /** What a row is about. The row of the page follows it when others are added before it, also under a pointer. */
  identity?: (index: number) => string | undefined;
  isSelected?: ((index: number) => boolean) | undefined;
  render: (index: number) => ComponentChildren;
  show?: (first: number, end: number) => void;
  choose: (index: number, event: MouseEvent) => void;
  keyDown?: (event: KeyboardEvent) => void;
}) {
  const { count, rowHeight, active, isSelected } = props;
  const row = (index: number) => (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus, and handles the keys of all rows
    // biome-ignore lint/a11y/useFocusableInteractive: as above; aria-activedescendant names the row
    <div
      key={props.identity?.(index) ?? index}
      id={`row-${index}`}
      class={`list-row${index === active ? ' active' : ''}`}
      role="option"
      aria-selected={isSelected ? isSelected(index) : index === active}
      aria-setsize={count}
      aria-posinset={index + 1}
      style={{ height: `${rowHeight}px` }}
      onClick={(event) => props.choose(index, event)}
    >
      {props.render(index)}
    </div>
  );
  return (
    <VirtualRows
      count={count}
      rowHeight={rowHeight}
      active={active}
      render={row}
      {...(props.show && { show: props.show })}
      attributes={(first, end) => ({
        class: 'list',
        role: 'listbox',
        'aria-label': props.label,
        'aria-multiselectable': isSelected !== undefined,
        'aria-activedescendant': active >= first && active < end ? `row-${active}` : undefined,
        tabIndex: 0,
        onKeyDown: (event: KeyboardEvent) => props.keyDown?.(event),
      })}
    />
  );
}
