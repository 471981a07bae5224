import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../lib/size.ts';
import { clampTop, firstRow, MAX_HEIGHT, topAfterScroll, topThatShows } from './window.ts';

/** Rows beyond the edges that are drawn too, so that a scroll finds them there. */
const MARGIN_ROWS = 12;

export interface RowsProps {
  readonly count: number;
  /** All rows have one height. */
  readonly rowHeight: number;
  readonly render: (index: number) => ComponentChildren;
  /** Called with the rows that are drawn, whenever they change. */
  readonly show?: (first: number, end: number) => void;
  /** The row to keep in view; it is scrolled to when it changes. */
  readonly active?: number;
  /** Stays at the top, above the rows. */
  readonly head?: ComponentChildren;
  /** In CSS, of rows that are wider than the view. */
  readonly width?: string;
  readonly attributes: (first: number, end: number) => HTMLAttributes<HTMLDivElement>;
}

/** Any number of rows, of which only those in view are drawn. */
export function VirtualRows({ count, rowHeight, render, show, active = -1, head, width, attributes }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const { height } = useSize(box);
  const full = count * rowHeight;
  const drawn = Math.min(full, MAX_HEIGHT);
  // Where the view is among all rows, in pixels. It differs from scrollTop where the list is too long for a browser.
  const [top, setTop] = useState(0);
  const scrolled = useRef(0);

  const at = clampTop(top, full, height);
  const first = Math.max(0, firstRow(at, rowHeight) - MARGIN_ROWS);
  const end = Math.min(count, firstRow(at + height, rowHeight) + 1 + MARGIN_ROWS);
  useEffect(() => {
    if (height > 0) show?.(first, end);
  }, [show, first, end, height]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || active < 0 || height === 0) return;
    const wanted = topThatShows(active, at, height, rowHeight);
    if (wanted === at) return;
    element.scrollTop = full > MAX_HEIGHT ? (wanted / (full - height)) * (drawn - height) : wanted;
    // The event that this causes finds no difference.
    scrolled.current = element.scrollTop;
    setTop(wanted);
  }, [active, height]);

  const onScroll = () => {
    const now = box.current?.scrollTop ?? 0;
    const before = scrolled.current;
    scrolled.current = now;
    if (now === before) return;
    setTop((old) => topAfterScroll({ old: clampTop(old, full, height), before, now, full, drawn, height }));
  };

  const rows = useRows(render, first, end);
  return (
    <div ref={box} onScroll={onScroll} {...attributes(first, end)}>
      {head}
      <div class="rows-space" role="presentation" style={{ height: `${drawn}px`, width }}>
        <div
          class="rows-drawn"
          role="presentation"
          style={{ transform: `translateY(${scrolled.current - (at - first * rowHeight)}px)` }}
        >
          {rows}
        </div>
      </div>
    </div>
  );
}

/**
 * Draws the rows from `first` to `end`. A scroll draws only those that come into view: Preact leaves alone what it gets
 * again. When `render` is another function, all may have changed.
 */
function useRows(render: (index: number) => ComponentChildren, first: number, end: number): ComponentChildren[] {
  const drawn = useRef({ render, rows: new Map<number, ComponentChildren>() });
  const before = drawn.current.render === render ? drawn.current.rows : new Map<number, ComponentChildren>();
  const rows = new Map<number, ComponentChildren>();
  for (let index = first; index < end; index++) {
    rows.set(index, before.has(index) ? before.get(index) : render(index));
  }
  drawn.current = { render, rows };
  return [...rows.values()];
}
