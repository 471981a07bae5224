/** Browsers end an element at about 17 (Firefox) or 33 million pixels; longer lists are scrolled in scale. */
export const MAX_HEIGHT = 16_000_000;

export function clampTop(top: number, full: number, height: number): number {
  return Math.max(0, Math.min(top, full - height));
}

export function firstRow(top: number, rowHeight: number): number {
  return Math.floor(top / rowHeight);
}

/** Returns where the view must be to show a row, and changes as little as possible. */
export function topThatShows(row: number, top: number, height: number, rowHeight: number): number {
  const start = row * rowHeight;
  if (start < top) return start;
  if (start + rowHeight > top + height) return start + rowHeight - height;
  return top;
}

/**
 * Returns where the view is after a scroll. A short scroll (a wheel, a finger) moves by as many pixels. A long one (the
 * bar, Home, End) goes to the same share of the whole list, which differs if the list is longer than a browser allows.
 */
export function topAfterScroll(scroll: {
  old: number;
  before: number;
  now: number;
  full: number;
  drawn: number;
  height: number;
}): number {
  const { old, before, now, full, drawn, height } = scroll;
  if (full === drawn) return now;
  const end = drawn - height;
  if (now <= 0) return 0;
  if (now >= end - 1) return full - height;
  const step = now - before;
  if (Math.abs(step) < height) return clampTop(old + step, full, height);
  return clampTop((now / end) * (full - height), full, height);
}
