import type { Style } from './style.ts';
import { printable } from './text.ts';
import { cut, displayWidth } from './width.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'right';
  /** Whether this column shrinks if a line is too long. */
  readonly shrinks?: boolean;
}

const GAP = 2;
const LEAST = 8;

/** Formats rows under titles, aligned, and not wider than the terminal. Makes cells printable. */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { style, width, indent = 2 }: { style: Style; width: number; indent?: number },
): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => displayWidth(row[index] ?? ''))),
  );
  const shrinking = columns.findIndex(({ shrinks }) => shrinks);
  const whole = indent + widths.reduce((sum, one) => sum + one + GAP, -GAP);
  if (shrinking >= 0 && whole > width) {
    widths[shrinking] = Math.max(LEAST, (widths[shrinking] ?? 0) - (whole - width));
  }
  const line = (row: readonly string[], paint: (text: string) => string) =>
    ' '.repeat(indent) +
    row
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align, index === row.length - 1, paint))
      .join(' '.repeat(GAP));
  return [
    line(
      columns.map(({ title }) => title),
      (text) => style.dim(text),
    ),
    ...cells.map((row) => line(row, (text) => text)),
  ];
}

function pad(
  text: string,
  width: number,
  align: 'right' | undefined,
  isLast: boolean,
  paint: (text: string) => string,
) {
  const shown = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - displayWidth(shown)));
  if (align === 'right') return space + paint(shown);
  return isLast ? paint(shown) : paint(shown) + space;
}
