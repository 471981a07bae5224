import type { ComponentChildren } from 'preact';

/** Text in which what was searched for is marked, in any case. */
export function Marked({ text, find }: { text: string; find: string }) {
  if (find === '') return <>{text}</>;
  const pieces: ComponentChildren[] = [];
  const lower = text.toLowerCase();
  const wanted = find.toLowerCase();
  // A letter may get longer in lower case; then places differ, and nothing is marked.
  if (lower.length !== text.length) return <>{text}</>;
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  pieces.push(text.slice(from));
  return <>{pieces}</>;
}

/** Text with marks at given places. */
export function MarkedRanges({ text, ranges }: { text: string; ranges: readonly { start: number; end: number }[] }) {
  const pieces: ComponentChildren[] = [];
  let from = 0;
  for (const { start, end } of ranges) {
    if (start < from) continue;
    pieces.push(text.slice(from, start), <mark key={start}>{text.slice(start, end)}</mark>);
    from = end;
  }
  pieces.push(text.slice(from));
  return <>{pieces}</>;
}
