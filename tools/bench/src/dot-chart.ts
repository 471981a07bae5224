import type { Spread } from './statistics.ts';
import { colorOf, frame, LogScale, legend, line, mark, type Scheme, text, WIDTH } from './svg.ts';
import { formatRatio } from './units.ts';

/** Rows of dots on a logarithmic axis of speed-ups. */
export interface DotChart {
  title: string;
  rows: { name: string; dots: Dot[] }[];
  /** Names of the series that dots belong to; none if the rows name them. */
  series: string[];
}

export interface Dot {
  /** Where the series is among all, so that it looks the same in all charts. */
  series: number;
  speed: Spread;
  tip: string;
}

const LABELS = 350;
const ROW = 20;
/** A dot that is farther away is drawn at the edge: the table has its number. */
const FARTHEST = 1_000;

export function dotChart({ title, rows, series }: DotChart, scheme: Scheme): string {
  const speeds = rows.flatMap(({ dots }) => dots.map(({ speed }) => speed.median));
  const low = Math.max(1 / FARTHEST, Math.min(0.5, ...speeds) / 1.15);
  const high = Math.min(FARTHEST, Math.max(2, ...speeds) * 1.15);
  const scale = new LogScale(low, high, LABELS, WIDTH - 24);
  const used = new Set(rows.flatMap(({ dots }) => dots.map((dot) => dot.series)));
  const names = series.map((name, index): [number, string] => [index, name]).filter(([index]) => used.has(index));
  const key = legend(names, 12, 44, scheme);
  const top = 44 + (names.length > 0 ? key.height : 0) + 12;
  const bottom = top + rows.length * ROW;
  const one = scale.at(1);
  return frame(scheme, bottom + 34, title, [
    text(12, 22, title, scheme.text, 'start', ' font-size="14" font-weight="600"'),
    ...key.body,
    ...scale
      .ticks()
      .flatMap((value) => [
        line(scale.at(value), top - 4, scale.at(value), bottom, value === 1 ? scheme.axis : scheme.grid),
        text(scale.at(value), bottom + 14, formatRatio(value), scheme.muted, 'middle', ' font-size="11"'),
      ]),
    text(one - 8, bottom + 28, '← slower', scheme.muted, 'end', ' font-size="11"'),
    text(one + 8, bottom + 28, 'faster →', scheme.muted, 'start', ' font-size="11"'),
    ...rows.flatMap(({ name, dots }, index) => {
      const y = top + index * ROW + ROW / 2;
      return [
        line(12, y + ROW / 2, WIDTH - 24, y + ROW / 2, scheme.grid, ' stroke-opacity="0.5"'),
        text(LABELS - 14, y + 4, shortened(name), scheme.text, 'end'),
        ...dots.map(({ speed, series }) =>
          line(scale.at(speed.min), y, scale.at(speed.max), y, colorOf(series, scheme), ' stroke-opacity="0.55"'),
        ),
        ...apart(dots, scale).map(([{ speed, series, tip }, aside]) =>
          mark(series, scale.at(speed.median), y + aside, scheme, tip),
        ),
      ];
    }),
  ]);
}

/** Moves marks up or down that would hide each other. */
function apart(dots: Dot[], scale: LogScale): [dot: Dot, aside: number][] {
  let last = Number.NEGATIVE_INFINITY;
  let aside = 0;
  return dots
    .toSorted((a, b) => a.speed.median - b.speed.median)
    .map((dot) => {
      const x = scale.at(dot.speed.median);
      aside = x - last < 8 ? (aside === 0 ? 4 : -aside) : 0;
      last = x;
      return [dot, aside];
    });
}

function shortened(name: string): string {
  return name.length > 52 ? `${name.slice(0, 51)}…` : name;
}
